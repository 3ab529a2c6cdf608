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

Two performances of the same notes have partials of about the same level everywhere, whose phases
have nothing to do with each other. There, M is small again and again where s is about 1/2, and its
phase jumps. So the phase can be that of another sum,

    M = (1-s)^8 X + n s^8 Y   with n = 0.03,

that of the nearer one: of X up to s = 0.6, unless Y is 30 dB louder at 1/2, and of Y from there on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from effects.running.cores import in_threads
from effects.signal.arrays import Audio, Sound, Values
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
    #: The number n of the second kind of phases; None for the first kind.
    nearer: float | None = None


Strength = float | Callable[[Values], Values]
"""One for all time, or one for each of ``[frames]`` moments in seconds."""

SETTINGS = Settings()


def morph(
    stem: Sound,
    performance: Sound,
    sample_rate: float,
    strength: Strength,
    settings: Settings = SETTINGS,
) -> Audio:
    """The sound ``strength`` of the way from the stem to the performance.

    Args:
        stem: ``[channels, samples]``, not silent.
        performance: likewise, as loud as the stem.
        sample_rate: in Hz.
        strength: from 0, the stem, to 1, the performance.
        settings: how.
    """
    stft = _stft(sample_rate, settings)
    unit = peak(stem)
    out = np.zeros(stem.shape, np.float32)
    adder = OverlapAdder(out, begin=stft.begin(0), gain=unit, out=out)
    n_frames = stft.n_frames(stem.shape[1])

    def on_the_way(start: int) -> tuple[int, Audio]:
        stop = min(start + settings.together, n_frames)
        here, there = (
            stft.analyse(it, start, stop, np.float64) / unit for it in (stem, performance)
        )
        now = _at(strength, np.arange(start, stop) * stft.hop / sample_rate)
        return stop - start, stft.synthesise(_between(here, there, now, settings))

    for size, total in in_threads(on_the_way, range(0, n_frames, settings.together)):
        adder.add(total, stft.weights(size), finished=size * stft.hop)
    return adder.finish()


def _at(strength: Strength, seconds: Values) -> Values | float:
    """The strength at moments: a number, or ``[moments, 1]``."""
    return np.asarray(strength(seconds))[:, None] if callable(strength) else strength


def _stft(sample_rate: float, settings: Settings) -> Stft:
    """The same window and hop in seconds at every rate, in whole samples."""
    scale = sample_rate / settings.reference_hz
    # 8 and 2 samples at least, at whatever rate.
    return Stft(max(round(settings.size * scale), 8), max(round(settings.hop * scale), 2))


def _between(x: Spectra, y: Spectra, strength: Values | float, settings: Settings) -> Spectra:
    """Z of X and Y; see the module.

    Where phases are opposite and the strength is 1/2, M is a small difference of two phasors. In
    single precision its phase would be that of rounding errors, above all at 0 Hz, where spectra
    are real and phases are either equal or opposite.
    """
    a, b = np.abs(x) + settings.floor, np.abs(y) + settings.floor
    if settings.nearer is None:
        mix = (1 - strength) * x / a + strength * y / b
    else:
        mix = (1 - strength) ** 8 * x + settings.nearer * strength**8 * y
    size = np.abs(mix)
    phasor = np.divide(mix, size, out=np.ones_like(mix), where=size > 0)
    return np.asarray((a ** (1 - strength) * b**strength - settings.floor) * phasor)
