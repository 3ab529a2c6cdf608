"""What is known of every key in every frame, for the network that decides which notes there are.

Partials of a note pass for notes of their own, and a note an octave below passes for one that is
there. So what a key is judged by is not only how surely it sounds, but also how surely the keys do
whose partials coincide with its, and how strong its own partials and those between them are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d

from effects.notes.basic_pitch import BINS_PER_KEY, HOP, LOWEST, N_KEYS, RATE, Activations, Frames
from effects.signal.arrays import Mono

TOGETHER = 128  # frames
STEPS_PER_KEY = 2  # of the spectrum: half semitones
BELOW, ABOVE = 40, 40  # keys' worth of zeros around, so that all offsets exist
FLOOR_DB = -80.0
NEAR = 129  # frames: what a level is relative to is the loudest within 0.75 s

#: Intervals to the keys whose partials coincide with a key's, in semitones.
SOUNDING = (0, -1, 1, -2, 2, -12, 12, -19, 19, -24, 24, -28, 28, -31, -34, -36, 7, -7)
STRUCK = (0, -1, 1, -12, 12, -19, 19, -24)
CONTOUR = (-1, 0, 1, 2, 3)  # bins; a key's are 0 to 2
#: In half semitones: the partials 1 to 8; then f/2, f/3, 3f/2, 5f/2, 2f/3 and the neighbours.
PARTIALS = (0, 24, 38, 48, 56, 62, 67, 72, -24, -38, 14, 32, -14, -2, 2)
QUICK = (0, 24, 38, 48, 62)
N_FEATURES = len(SOUNDING) + len(STRUCK) + len(CONTOUR) + len(PARTIALS) + len(QUICK) + 7

_STEPS = np.arange(-2 * BELOW, 2 * (N_KEYS + ABOVE)) / STEPS_PER_KEY + LOWEST


@dataclass(frozen=True)
class Spectra:
    """Levels by half semitones in decibels, a sine at full scale being 0.

    Attributes:
        fine: from windows of 0.19 s, (frames, steps).
        quick: from windows of 0.05 s, with less regard to pitch, (frames, steps).
    """

    fine: Frames
    quick: Frames

    @classmethod
    def of(cls, audio: Mono) -> Spectra:
        """Those of a clip at 22.05 kHz; the n-th frame is centred on sample n * `HOP`."""
        return cls(_levels(audio, 4096, 0.35), _levels(audio, 1024, 1.0))


def _levels(audio: Mono, size: int, half_width: float) -> Frames:
    """The highest level within ``half_width`` semitones around each step."""
    n_frames = -(-audio.size // HOP)
    padded = np.pad(audio, (size // 2, size))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:n_frames]
    window = np.hanning(size).astype(np.float32)
    low, high = (
        np.round(440 * 2 ** ((_STEPS - 69 + side) / 12) * size / RATE).astype(int)
        for side in (-half_width, half_width)
    )
    n_steps = int(np.searchsorted(low, size // 2))
    levels = np.full((n_frames, len(_STEPS)), -200.0, np.float32)
    for first in range(0, n_frames, TOGETHER):
        at = slice(first, first + TOGETHER)
        spectrum = fft.rfft(windows[at] * window).T
        power = np.ascontiguousarray(spectrum.real**2 + spectrum.imag**2)
        power *= 4 / window.sum() ** 2
        highest = np.stack([power[low[i] : high[i] + 1].max(axis=0) for i in range(n_steps)])
        levels[at, :n_steps] = 10 * np.log10(np.maximum(highest, 1e-20)).T
    return levels


@dataclass(frozen=True)
class Evidence:
    """All of a clip, from which the features of single keys are taken.

    Attributes:
        sounding: `Activations.sounding` with zeros around it, (frames, keys).
        struck: likewise.
        contour: likewise, (frames, bins).
        fine: the levels relative to the loudest nearby, from -1 to 1, (frames, half semitones).
        quick: likewise.
        whole: of the frame, (frames, 6).
    """

    sounding: Frames
    struck: Frames
    contour: Frames
    fine: Frames
    quick: Frames
    whole: Frames

    @classmethod
    def of(cls, found: Activations, spectra: Spectra) -> Evidence:
        """From what the network says and the spectra."""
        loudest = spectra.fine.max(axis=1)
        near: Frames = maximum_filter1d(loudest, NEAR)
        clip = max(float(loudest.max(initial=-100.0)), -100.0)
        busy = found.sounding.max(axis=1) > 0.5
        voices = (found.sounding[busy] > 0.5).sum(axis=1).mean() if busy.any() else 0.0
        whole = np.stack(
            [
                found.sounding.max(axis=1),
                found.sounding.sum(axis=1) / 4,
                found.struck.max(axis=1),
                _scaled(loudest - near),
                _scaled(near - clip),
                np.full(len(loudest), voices / 4),
            ],
            axis=1,
        )
        sides = (BELOW, ABOVE)
        thirds = (BELOW * BINS_PER_KEY, ABOVE * BINS_PER_KEY)
        return cls(
            np.pad(found.sounding, ((0, 0), sides)),
            np.pad(found.struck, ((0, 0), sides)),
            np.pad(found.contour, ((0, 0), thirds)),
            _scaled(spectra.fine - near[:, None]),
            _scaled(spectra.quick - near[:, None]),
            whole.astype(np.float32),
        )

    def of_keys(self, keys: NDArray[np.intp], frames: slice = slice(None)) -> Frames:
        """The features of some keys, (keys, features, frames)."""
        of_all = self.whole[frames].T
        n_frames = of_all.shape[1]
        out = np.empty((len(keys), N_FEATURES, n_frames), np.float32)
        parts = (
            (self.sounding, BELOW + keys, SOUNDING),
            (self.struck, BELOW + keys, STRUCK),
            (self.contour, (BELOW + keys) * BINS_PER_KEY, CONTOUR),
            (self.fine, (BELOW + keys) * STEPS_PER_KEY, PARTIALS),
            (self.quick, (BELOW + keys) * STEPS_PER_KEY, QUICK),
        )
        first = 0
        for array, places, offsets in parts:
            index = places[:, None] + np.array(offsets)
            out[:, first : first + len(offsets)] = np.moveaxis(array[frames][:, index], 0, 2)
            first += len(offsets)
        out[:, first:-1] = of_all
        out[:, -1] = (keys[:, None] - N_KEYS / 2) / (N_KEYS / 2)
        return out


def _scaled(levels: NDArray[np.floating]) -> Frames:
    """Decibels from `FLOOR_DB` to 0 as -1 to 1."""
    scaled: Frames = (np.clip(levels, FLOOR_DB, 0) / (-FLOOR_DB / 2) + 1).astype(np.float32)
    return scaled


def heard(found: Activations, least: float = 0.12) -> NDArray[np.intp]:
    """The keys that may have notes."""
    return np.flatnonzero(found.sounding.max(axis=0, initial=0) >= least)
