r"""How strongly each key sounds: a spectrum taken apart into harmonic series.

The network of `effects.notes.transcribe` says nothing where it is unsure (distortion, dense mixes).
This is a second ear, which knows nothing but that notes are harmonic, and so explains all that can
be explained. Amplitudes V, in thirds of a semitone, are approximated by

    V ≈ W H,   W, H ≥ 0,

where every column of W is the spectrum of a tone with partials at n f and amplitudes n^-s: one for
each key and each slope s. W is fixed. H is found by the multiplicative updates for the generalised
Kullback-Leibler divergence (Lee & Seung, *Algorithms for non-negative matrix factorization*, 2001),

    H ← H · Wᵀ(V / W H) / Wᵀ1.

The salience of a key is the sum of its rows of H.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from effects.checkpoint import checkpoint
from effects.notes.basic_pitch import RATE
from effects.running.cores import blas_in_one_thread, each_in_threads
from effects.signal.arrays import Mono
from effects.signal.units import midi_to_hz
from effects.signal.windows import single_hann, windows_between


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: from the first design that worked, not searched.

    Attributes:
        size: samples of a window, 0.19 s.
        hop: samples from one frame to the next, 23 ms.
        bands_per_key: bands of the spectrum in a semitone.
        lowest_band: the lowest band's MIDI number.
        highest_band: the highest band's MIDI number.
        lowest: lowest key, as a MIDI number.
        highest: highest key.
        slopes: how fast partials fall: the n-th has the amplitude n^-slope.
        partials: of a tone.
        width: standard deviation of a partial in semitones, ...
        least_hz: ... and the least of it: about the main lobe of the window.
        updates: of H.
        together: frames at a time, to limit memory.
        transformed: frames that are transformed at a time, so that they stay in the cache.
    """

    size: int = 4096
    hop: int = 512
    bands_per_key: int = 3
    lowest_band: int = 24
    highest_band: int = 124
    lowest: int = 28
    highest: int = 100
    slopes: tuple[float, ...] = (0.6, 1.2, 2.0)
    partials: int = 16
    width: float = 0.35
    least_hz: float = 6.0
    updates: int = 30
    together: int = 1024
    transformed: int = 64


SETTINGS = Settings()
FRAMES_PER_SECOND = RATE / SETTINGS.hop
_LEAST = 1e-9  # added to amplitudes, so that nothing is divided by 0


def salience(clip: Mono) -> NDArray[np.float32]:
    """How strongly each key sounds in each frame, ``[keys, frames]``.

    Key 0 is `Settings.lowest`; frame t is centred on sample t times `Settings.hop`.

    Args:
        clip: ``[samples]`` at 22.05 kHz.
    """
    n_frames = clip.size // SETTINGS.hop + 1
    tones = _tones()
    n_keys = SETTINGS.highest - SETTINGS.lowest + 1
    found = np.empty((n_keys, n_frames), np.float32)

    def measure(first: int) -> None:
        stop = min(first + SETTINGS.together, n_frames)
        heights = _heights(_amplitudes(clip, first, stop), tones)
        found[:, first:stop] = heights.reshape(n_keys, len(SETTINGS.slopes), -1).sum(axis=1)

    each_in_threads(measure, range(0, n_frames, SETTINGS.together))
    return found


def _heights(amplitudes: NDArray[np.float32], tones: NDArray[np.float32]) -> NDArray[np.float32]:
    """H; see the module: ``[bands, frames] -> [tones, frames]``."""
    wanted = amplitudes + np.float32(_LEAST)
    heights = np.full((tones.shape[1], wanted.shape[1]), wanted.mean(), np.float32)
    sums, ratio = tones.sum(axis=0)[:, None], np.empty_like(wanted)
    # One thread: the last bits of BLAS depend on how many it has.
    with blas_in_one_thread():
        for _ in range(SETTINGS.updates):
            checkpoint()
            np.maximum(tones @ heights, _LEAST, out=ratio)
            np.divide(wanted, ratio, out=ratio)
            heights *= (tones.T @ ratio) / sums
    return heights


def _amplitudes(clip: Mono, start: int, stop: int) -> NDArray[np.float32]:
    """V of the frames ``start`` to ``stop``; see the module: ``[bands, frames]``."""
    size = SETTINGS.size
    power = np.empty((stop - start, size // 2 + 1), np.float32)
    for first in range(start, stop, SETTINGS.transformed):
        checkpoint()
        last = min(first + SETTINGS.transformed, stop)
        windows = windows_between(clip, first, last, size, SETTINGS.hop)
        spectra = fft.rfft(windows * single_hann(size))
        power[first - start : last - start] = spectra.real**2 + spectra.imag**2
    with blas_in_one_thread():
        amplitudes: NDArray[np.float32] = np.sqrt(_bands() @ power.T)
    return amplitudes


@cache
def _centres() -> NDArray[np.float64]:
    """The MIDI numbers of the bands."""
    n_bands = (SETTINGS.highest_band - SETTINGS.lowest_band) * SETTINGS.bands_per_key
    return np.arange(n_bands) / SETTINGS.bands_per_key + SETTINGS.lowest_band


@cache
def _bands() -> NDArray[np.float32]:
    """Triangular bands, at least one bin wide to either side, ``[bands, bins]``."""
    hz = np.fft.rfftfreq(SETTINGS.size, 1 / RATE)
    centres = midi_to_hz(_centres())
    ratio = 2 ** (1 / 12 / SETTINGS.bands_per_key) - 1
    widths = np.maximum(centres * ratio, RATE / SETTINGS.size)
    return np.maximum(1 - np.abs(hz - centres[:, None]) / widths[:, None], 0).astype(np.float32)


@cache
def _tones() -> NDArray[np.float32]:
    """W; see the module, ``[bands, tones]``: the slopes of the lowest key first. Norms are 1."""
    numbers = np.arange(1, SETTINGS.partials + 1)
    columns = []
    for key in range(SETTINGS.lowest, SETTINGS.highest + 1):
        places = key + 12 * np.log2(numbers)
        least = 12 * np.log2(1 + SETTINGS.least_hz / midi_to_hz(places))
        widths = np.maximum(SETTINGS.width, least)
        bells = np.exp(-0.5 * ((_centres()[:, None] - places) / widths) ** 2)
        columns += [bells @ numbers**-slope for slope in SETTINGS.slopes]
    whole = np.stack(columns, axis=1)
    return np.asarray(whole / np.linalg.norm(whole, axis=0), np.float32)
