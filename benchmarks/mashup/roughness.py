"""How rough a sound is: Vassilakis' model, on the peaks of its spectra."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.mashup.spectra import RATE
from effects.signal.arrays import Audio
from effects.signal.stft import Stft

STFT = Stft(4096, 4096)  # 186 ms: two partials a semitone apart are two peaks from 200 Hz on
PEAKS = 24  # of each spectrum, the loudest
RANGE_DB = 50.0  # peaks further below the loudest one do not count
# Vassilakis 2001: R = (A1 A2)^0.1 0.5 (2 Amin / (A1 + A2))^3.11 (e^-b1 s d - e^-b2 s d)
POWER, DEPTH_POWER = 0.1, 3.11
B1, B2, S1, S2, AT_MAXIMUM = 3.5, 5.75, 0.0207, 18.96, 0.24


def roughness(audio: Audio) -> float:
    """The mean roughness of ``[channels, samples]`` at `benchmarks.mashup.spectra.RATE`.

    Of all channels together, at a root mean square of 0.1, so the sound's own level does not count.
    """
    mono = audio.mean(axis=0)
    mono = mono * np.float32(0.1 / max(float(np.sqrt(np.mean(mono**2))), 1e-9))
    magnitudes = np.abs(STFT.analyse(mono, 0, STFT.n_frames(mono.size))) * 2 / STFT.window.sum()
    return float(np.mean([_of_frame(it) for it in magnitudes]))


def _of_frame(magnitudes: NDArray[np.float32]) -> float:
    middle = magnitudes[1:-1]
    is_peak = (middle > magnitudes[:-2]) & (middle >= magnitudes[2:])
    is_peak &= middle > magnitudes.max() * 10 ** (-RANGE_DB / 20)
    found = np.flatnonzero(is_peak) + 1
    found = np.sort(found[np.argsort(magnitudes[found])[-PEAKS:]])
    if found.size < 2:
        return 0.0
    hz, heights = _refined(magnitudes, found)
    first, second = np.triu_indices(found.size, 1)
    a, b = heights[first], heights[second]
    apart = np.abs(hz[second] - hz[first])
    scale = AT_MAXIMUM / (S1 * np.minimum(hz[first], hz[second]) + S2)
    beating = np.exp(-B1 * scale * apart) - np.exp(-B2 * scale * apart)
    depth = (2 * np.minimum(a, b) / (a + b)) ** DEPTH_POWER
    return float(np.sum((a * b) ** POWER * 0.5 * depth * beating))


def _refined(
    magnitudes: NDArray[np.float32], found: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Peaks between bins, in Hz, and their heights: parabolas through the logarithms."""
    low, top, high = (np.log(magnitudes[found + it] + 1e-12).astype(float) for it in (-1, 0, 1))
    bend = np.minimum(low - 2 * top + high, -1e-9)
    shift = np.clip(0.5 * (low - high) / bend, -0.5, 0.5)
    return (found + shift) * RATE / STFT.size, np.exp(top - 0.25 * (low - high) * shift)
