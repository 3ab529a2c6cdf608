r"""A sound between a stem and its performance.

Let X and Y be the short-time spectra of the two, and s the strength. In every frame and bin, the
level in dB is interpolated linearly, and the phase is that of a weighted sum M of the two phasors,

    log |Z| = (1-s) log |X| + s log |Y|,   so   |Z| = |X|^(1-s) |Y|^s,
    Z / |Z| = M / |M|,                          M = (1-s) X/|X| + s Y/|Y|.

At s = 0 this is the stem, at s = 1 the performance. A partial that only one of them has soon
becomes inaudible on the way, since its level falls in equal steps of dB. A plain mix of both would
sound like two instruments.

The logarithm of 0 is not finite, so a floor f is added to amplitudes and subtracted at the end:
|Z| = (|X| + f)^(1-s) (|Y| + f)^s - f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effects.running.cores import in_threads
from effects.signal.arrays import Audio
from effects.signal.loudness import peak
from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Spectra, Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of `morph`."""

    #: Window and hop in samples at ``reference_hz``, 92.9 and 23.2 ms: those of the other engines
    #: (Ulyanov & Lebedev 2016). No others were tried.
    size: int = 2048
    hop: int = 512
    reference_hz: float = 22_050
    #: Frames at a time, to limit memory. The result does not depend on this.
    together: int = 128
    #: The floor f, for spectra of a stem whose peak is 1. A sine of that peak has size/4, so f is
    #: 194 dB below it. Not searched.
    floor: float = 1e-7


SETTINGS = Settings()


def morph(stem: Audio, performance: Audio, sample_rate: float, strength: float) -> Audio:
    """The sound ``strength`` of the way from the stem to the performance.

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

    def on_the_way(start: int) -> tuple[int, Audio]:
        stop = min(start + SETTINGS.together, n_frames)
        here, there = (
            stft.analyse(it, start, stop, np.float64) / unit for it in (stem, performance)
        )
        return stop - start, stft.synthesise(_between(here, there, strength))

    for size, total in in_threads(on_the_way, range(0, n_frames, SETTINGS.together)):
        adder.add(total, stft.weights(size), finished=size * stft.hop)
    return adder.finish()


def _stft(sample_rate: float) -> Stft:
    """The same window and hop in seconds at every rate, in whole samples."""
    scale = sample_rate / SETTINGS.reference_hz
    # 8 and 2 samples at least, at whatever rate.
    return Stft(max(round(SETTINGS.size * scale), 8), max(round(SETTINGS.hop * scale), 2))


def _between(x: Spectra, y: Spectra, strength: float) -> Spectra:
    """Z of X and Y; see the module.

    Where phases are opposite and the strength is 1/2, M is a small difference of two phasors. In
    single precision its phase would be that of rounding errors, above all at 0 Hz, where spectra
    are real and phases are either equal or opposite.
    """
    a, b = np.abs(x) + SETTINGS.floor, np.abs(y) + SETTINGS.floor
    mix = (1 - strength) * x / a + strength * y / b
    size = np.abs(mix)
    phasor = np.divide(mix, size, out=np.ones_like(mix), where=size > 0)
    return np.asarray((a ** (1 - strength) * b**strength - SETTINGS.floor) * phasor)
