"""A clip as the judge hears it: spectra, levels and cepstra, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from effects.signal.arrays import Mono
from effects.signal.lazy import lazy
from effects.signal.stft import Stft

# How a clip is heard was not searched: most of it is as the instrument judge of
# ``benchmarks.quality`` has it.
RATE = 22_050  # Hz, of what is heard
#: Short windows, 46 ms, tell when; long ones, 186 ms, tell neighbouring keys apart.
SHORT, LONG = Stft(1024, 256), Stft(4096, 512)
FLOOR_DB = 70.0  # under the loudest frame: noise of that level is added, since files differ in it
HEARD_DB = -45.0  # from the loudest frame; softer frames of `SHORT` are left out
CEPSTRUM = 19  # numbers of a cepstrum, without the first one, the level
BANDS, LOWEST_HZ, HIGHEST_HZ = 48, 60.0, 10_000.0  # of the cepstra's mel spectrum
#: Bounds in Hz of the bands, about octaves, whose peaks are compared with their valleys.
OCTAVES = (0, 200, 400, 800, 1600, 3200, 6400, RATE // 2)
PEAKS = 5  # a fifth of a band's bins are its peaks, and a fifth its valleys
LEAST = 1e-12  # no logarithm of 0

Power = NDArray[np.float32]
"""Squared magnitudes, ``[frames, bins]``."""
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Frames:
    """The short windows of a clip at `RATE`, ``[samples]``, that is not silent."""

    clip: Mono

    @lazy
    def power(self) -> Power:
        """``[frames, bins]``, over a floor of noise."""
        return over_a_floor(power(self.clip, SHORT))

    @lazy
    def level(self) -> Vector:
        """Of each frame, in dB below the loudest."""
        level = 10 * np.log10(self.power.sum(axis=1))
        return np.asarray(level - level.max())

    @lazy
    def heard(self) -> NDArray[np.bool_]:
        """Which frames count."""
        return np.asarray(self.level > HEARD_DB)

    @lazy
    def mel(self) -> Vector:
        """In dB, ``[frames, BANDS]``."""
        mel = 10 * np.log10(self.power @ _filters() + LEAST)
        return np.asarray(np.maximum(mel, mel.max() - FLOOR_DB), np.float64)

    @lazy
    def cepstra(self) -> Vector:
        """``[frames, CEPSTRUM]``: a spectrum's shape, from its slope to its finer waves."""
        return np.asarray(fft.dct(self.mel, axis=1, norm="ortho")[:, 1 : CEPSTRUM + 1])

    def colours(self) -> list[Vector]:
        """How bright, how rough and how restless the clip is, whatever it plays when."""
        cepstra, heard = self.cepstra, self.heard
        step = np.abs(np.diff(cepstra, axis=0, prepend=cepstra[:1]))[heard]
        later = np.abs(cepstra[8:] - cepstra[:-8])[heard[8:]]  # 93 ms later
        spectra = self.power[heard]
        hz = np.arange(spectra.shape[1]) * RATE / SHORT.size
        centre = np.log2((spectra * hz).sum(axis=1) / spectra.sum(axis=1) + 50)
        flatness = np.log10(spectra).mean(axis=1) - np.log10(spectra.mean(axis=1))
        contrast = np.stack([_contrast(spectra[:, it]) for it in _octaves()])
        return [
            *(cepstra[heard].mean(axis=0), cepstra[heard].std(axis=0), step.mean(axis=0)),
            later.mean(axis=0) if len(later) else np.zeros(CEPSTRUM),
            *(contrast.mean(axis=1), contrast.std(axis=1)),
            *(np.array([it.mean(), it.std()]) for it in (centre, flatness)),
        ]

    def levels(self) -> list[Vector]:
        """How the level moves, and how the colour goes with it."""
        level, cepstra = self.level[self.heard], self.cepstra[self.heard]
        step = np.diff(self.level, prepend=self.level[0])[self.heard]
        slope = np.polyfit(level, cepstra[:, :4], 1)[0] if level.std() > 1 else np.zeros(4)
        return [
            np.percentile(step, (2, 10, 25, 50, 75, 90, 98)),
            np.percentile(level, (10, 25, 50, 75)),
            slope,
        ]


def power(clip: Mono, stft: Stft) -> Power:
    """The squared magnitudes of all frames."""
    return np.asarray(np.abs(stft.analyse(clip, 0, stft.n_frames(clip.size))) ** 2)


def over_a_floor(spectra: Power) -> Power:
    """The spectra and white noise, `FLOOR_DB` below the loudest of them."""
    loudest = float(spectra.sum(axis=1).max())
    return spectra + np.float32(loudest * 10 ** (-FLOOR_DB / 10) / spectra.shape[1])


def _contrast(spectra: Power) -> Vector:
    """The peaks of each spectrum over its valleys, in dB."""
    bins = spectra.shape[1]
    count = bins // PEAKS if bins > 8 else 2
    by_size = np.sort(spectra, axis=1)
    peaks, valleys = by_size[:, -count:].mean(axis=1), by_size[:, :count].mean(axis=1)
    return np.asarray(10 * np.log10(peaks / valleys), np.float64)


@cache
def _octaves() -> list[NDArray[np.intp]]:
    hz = np.arange(SHORT.size // 2 + 1) * RATE / SHORT.size
    return [np.flatnonzero((hz >= low) & (hz < high)) for low, high in pairwise(OCTAVES)]


@cache
def _filters() -> NDArray[np.float32]:
    """Triangles on the mel scale, each with the sum 1, ``[bins, BANDS]``."""
    low, high = (2595 * np.log10(1 + it / 700) for it in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.arange(SHORT.size // 2 + 1)[:, None] * RATE / SHORT.size
    below, middle, above = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (hz - below) / (middle - below), (above - hz) / (above - middle)
    wide = np.maximum(np.minimum(rising, falling), 0)
    return np.asarray(wide / np.maximum(wide.sum(axis=0), 1e-9), np.float32)
