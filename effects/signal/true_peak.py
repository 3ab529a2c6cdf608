"""True peaks (ITU-R BS.1770-4, annex 2): how far a sound goes between its samples.

A converter that plays a sound, or a codec that changes its phases, meets the curve through the
samples and not the samples. The curve is sampled four times as often, as BS.1770 has it, by the
filter with which scipy's ``resample_poly`` does so: the sinc up to its tenth zero to either side,
under a Kaiser window.

No filter of this length can go further beyond the samples than the sum of its absolute taps, so
only stretches near the ceiling are looked at, and quiet sounds cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.checkpoint import checkpoint
from effects.signal.arrays import Sound, samples_between

OVERSAMPLING = 4  # BS.1770-4, for 48 kHz
REACH = 10  # samples to either side, as resample_poly has it
KAISER_BETA = 5.0  # as resample_poly has it
HOP = 64  # samples that are looked at together where no other length is asked for; not searched
#: Samples at a time, which stay in the processor's cache. Chosen of 2^13, 2^14, 2^15 and 2^17 by
#: processor time on three minutes of stereo noise.
STRETCH = 1 << 15


def _filters() -> tuple[NDArray[np.float32], float]:
    """The taps for each point between two samples, ``[points, taps]``, and the tap of a sample.

    A constant keeps its level on average over the points, as in resample_poly.
    """
    points = np.arange(1, OVERSAMPLING) / OVERSAMPLING
    away = np.arange(1 - REACH, REACH + 1) - points[:, None]
    window = np.i0(KAISER_BETA * np.sqrt(1 - (away / REACH) ** 2)) / np.i0(KAISER_BETA)
    taps = np.sinc(away) * window
    gain = OVERSAMPLING / (taps.sum() + 1)
    return np.asarray(taps * gain, np.float32), float(gain)


_FILTERS, _OF_SAMPLE = _filters()
_MOST = float(np.abs(_FILTERS).sum(axis=1).max())


@dataclass(frozen=True)
class Ceiling:
    """How far a sound may go.

    Attributes:
        sample: no sample goes further.
        true: nor does the sound between its samples.
    """

    sample: float
    true: float = math.inf


class Peaks:
    """The largest values of a sound in every ``hop`` samples, of any channel.

    Args:
        audio: ``[channels, samples]``; it must not change meanwhile.
        hop: in samples.
        samples: the largest absolute sample of each hop.
    """

    def __init__(self, audio: Sound, hop: int, samples: NDArray[np.float64]) -> None:
        self.samples = samples
        self._audio, self._hop = audio, hop
        self._true = samples * _OF_SAMPLE
        near = np.pad(samples, -(-REACH // hop))
        shifts = range(len(near) - len(samples) + 1)
        self._bounds = np.max([near[it : it + len(samples)] for it in shifts], axis=0) * _MOST
        self._known = np.zeros(len(samples), bool)

    def true_above(self, level: float) -> NDArray[np.float64]:
        """True peaks, exact in each hop where one is above ``level``, and below it elsewhere."""
        missing = np.flatnonzero((self._bounds > level) & ~self._known)
        for hops in np.split(missing, np.flatnonzero(np.diff(missing // self._at_a_time)) + 1):
            if len(hops):
                self._true[hops] = np.maximum(self._true[hops], self._between(hops))
        self._known[missing] = True
        return self._true

    @property
    def _at_a_time(self) -> int:
        return max(STRETCH // self._hop, 1)

    def _between(self, hops: NDArray[np.intp]) -> NDArray[np.float64]:
        """The largest values between the samples of some hops, which are near each other."""
        length, first = self._hop + 2 * REACH, int(hops[0])
        start, stop = first * self._hop - REACH, (int(hops[-1]) + 1) * self._hop + REACH
        sound = samples_between(self._audio, start, stop)
        windows = np.lib.stride_tricks.sliding_window_view(sound, length, axis=1)
        wanted = windows[:, (hops - first) * self._hop].reshape(len(sound) * len(hops), length)
        top = _between_samples(wanted, self._hop)
        return np.asarray(top.reshape(len(sound), len(hops)).max(axis=0), np.float64)


def _between_samples(windows: NDArray[np.float32], hop: int) -> NDArray[np.float32]:
    """The largest value between the samples of each window but those at its ends: ``[windows]``."""
    flat, top = windows.ravel(), np.zeros(len(windows), np.float32)
    curve, part = np.zeros_like(flat), np.empty_like(flat)
    inner = len(flat) - 2 * REACH + 1
    for taps in _FILTERS:
        curve[:inner] = 0
        for shift, tap in enumerate(taps):
            np.multiply(flat[shift : shift + inner], tap, out=part[:inner])
            curve[:inner] += part[:inner]
        inside = np.abs(curve.reshape(windows.shape)[:, 1 : hop + 1])
        np.maximum(top, inside.max(axis=1), out=top)
    return top


def peaks_of(audio: Sound, hop: int) -> Peaks:
    """The peaks of ``[channels, samples]`` in every ``hop`` samples."""
    parts = [np.zeros(0)]
    n = max(STRETCH // hop, 1) * hop
    for start in range(0, audio.shape[-1], n):
        checkpoint()
        top = np.abs(audio[:, start : start + n]).max(axis=0)
        parts.append(np.maximum.reduceat(top, np.arange(0, len(top), hop)))
    return Peaks(audio, hop, np.concatenate(parts))


def ceiling_of(*stems: Sound) -> Ceiling:
    """How far a sound may go that is made of stems, ``[channels, samples]``.

    That is full scale, or as far as the stems go, where that is further: of samples as of true
    peaks.
    """
    sample = true = 1.0
    for stem in stems:
        peaks = peaks_of(stem, HOP)
        sample = max(sample, float(peaks.samples.max(initial=0.0)))
        true = max(true, float(peaks.true_above(true).max(initial=0.0)))
    return Ceiling(sample, true)
