r"""Between a stem and its performance.

With X and Y, the short-time spectra of both, and s, the strength: in every frame and bin, the
amplitude goes from one to the other evenly in decibels, and the phase is that of the mix of two
phasors,

    log |Z| = (1-s) log |X| + s log |Y|,   so   |Z| = |X|^(1-s) |Y|^s,
    Z / |Z| = M / |M|,                          M = (1-s) X/|X| + s Y/|Y|.

0 is the stem and 1 the performance. On the way from one to the other, a partial that only one of
them has is soon inaudible, since its amplitude falls by as many decibels at each step. In a plain
mix, both sounds would be heard at once.

Amplitudes are raised by a floor f, or nothing could come of a bin that is 0 in one of the two:
|Z| = (|X| + f)^(1-s) (|Y| + f)^s - f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effects.signal.arrays import Audio
from effects.signal.loudness import peak
from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Spectra, Stft


@dataclass(frozen=True)
class Settings:
    """Numbers of `morph`."""

    #: Window and hop in samples at ``reference_hz``, 92.9 and 23.2 ms: those of the other engines
    #: (Ulyanov & Lebedev 2016). No others were tried.
    size: int = 2048
    hop: int = 512
    reference_hz: float = 22_050
    #: Frames that are worked on together, against memory; no effect on the result.
    together: int = 128
    #: The floor f, in a spectrum of a stem whose peak is 1; a sine of full scale has size/4. Far
    #: below what 24 bits can hold; not searched.
    floor: float = 1e-7


SETTINGS = Settings()


def morph(stem: Audio, performance: Audio, sample_rate: float, strength: float) -> Audio:
    """``strength`` of the way from one to the other.

    Args:
        stem: ``[channels, samples]``, not silent.
        performance: likewise, as loud as the stem.
        sample_rate: in Hz.
        strength: from 0, the stem, to 1, the performance.
    """
    stft = _stft(sample_rate)
    unit = peak(stem)
    adder = OverlapAdder(stem, begin=stft.begin(0), gain=unit)
    n_frames = stft.n_frames(stem.shape[1])
    for start in range(0, n_frames, SETTINGS.together):
        stop = min(start + SETTINGS.together, n_frames)
        here, there = (
            stft.analyse(it, start, stop, np.float64) / unit for it in (stem, performance)
        )
        total = stft.synthesise(_between(here, there, strength))
        adder.add(total, stft.weights(stop - start), finished=(stop - start) * stft.hop)
    return adder.finish()


def _stft(sample_rate: float) -> Stft:
    """The same window and hop in seconds at every rate, in whole samples."""
    scale = sample_rate / SETTINGS.reference_hz
    return Stft(max(round(SETTINGS.size * scale), 8), max(round(SETTINGS.hop * scale), 2))


def _between(x: Spectra, y: Spectra, strength: float) -> Spectra:
    """Z of X and Y; see the module.

    M nearly vanishes where phases are opposite and the strength is 1/2. What is left of it is then
    a difference of two phasors, so it takes double precision: in single precision, rounding chose
    the sign of many a bin at 0 Hz, where a phase is a sign.
    """
    a, b = np.abs(x) + SETTINGS.floor, np.abs(y) + SETTINGS.floor
    mix = (1 - strength) * x / a + strength * y / b
    size = np.abs(mix)
    phasor = np.divide(mix, size, out=np.ones_like(mix), where=size > 0)
    return np.asarray((a ** (1 - strength) * b**strength - SETTINGS.floor) * phasor)
