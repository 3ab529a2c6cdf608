"""A song as the other one is: its sample rate, its channels, and a level that computes well."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import soxr  # type: ignore[import-untyped]

from effects.mashing.source import Source
from effects.running.spool import gathered
from effects.signal.arrays import Audio, Sound, Stretches
from effects.signal.downmix import mixed
from effects.signal.loudness import peak

STRETCH = 1 << 20  # samples at a time, to limit memory
#: A song whose samples are all smaller than this is silent: -200 dB.
LEAST_PEAK = 1e-10
#: Songs whose peak is a power of two outside of these are brought to a peak of about 1, so that
#: squares of spectra are neither infinite nor 0 in single precision. Not searched.
LEAST_EXPONENT, MOST_EXPONENT = -10, 10


def exponent_of(source: Source) -> int:
    """Which power of two a song is to be divided by; it costs no precision. 0 for most."""
    sounds = (source.audio, *(source.stems.parts if source.stems else ()))
    exponent = math.frexp(max(peak(it) for it in sounds))[1]
    return 0 if LEAST_EXPONENT <= exponent <= MOST_EXPONENT else exponent


def is_silent(source: Source) -> bool:
    """Whether nothing of a song is heard."""
    return peak(source.audio) < LEAST_PEAK


def fitted(source: Source, sample_rate: float, channels: int, exponent: int) -> tuple[Sound, ...]:
    """A song, or its lead, rhythm and harmony, at a rate in Hz, divided by a power of two.

    If it has another number of channels than is wanted, they are mixed to one: `spread` makes them
    as many as are wanted, once all else is done. A sound that fits comes out as it is.
    """
    sounds: tuple[Audio, ...] = source.stems.parts if source.stems else (source.audio,)
    return tuple(
        _at_rate(
            _scaled(it if len(it) == channels else mixed(it), exponent),
            source.sample_rate,
            sample_rate,
        )
        for it in sounds
    )


def spread(sound: Sound, channels: int) -> Sound:
    """One channel, ``[1, samples]``, copied to others; several stay as they are."""
    if sound.shape[0] == channels:
        return sound

    def make(start: int, stop: int) -> Audio:
        return np.broadcast_to(sound[:, start:stop], (channels, stop - start))

    return Stretches((channels, sound.shape[1]), make)


def _scaled(sound: Sound, exponent: int) -> Sound:
    if not exponent:
        return sound
    return Stretches(sound.shape, lambda start, stop: np.ldexp(sound[:, start:stop], -exponent))


def _at_rate(sound: Sound, source: float, target: float) -> Sound:
    """A sound at another rate in Hz; a long one lies on the disk."""
    if source == target:
        return sound
    samples = max(round(sound.shape[1] * target / source), 1)
    shape = (sound.shape[0], samples)
    return gathered(_resampled(sound, source, target, samples), shape)


def _resampled(sound: Sound, source: float, target: float, samples: int) -> Iterator[Audio]:
    """So many samples, stretch by stretch."""
    channels, n = sound.shape
    stream = soxr.ResampleStream(source, target, channels, dtype="float32", quality="VHQ")
    for start in range(0, n, STRETCH):
        part = np.ascontiguousarray(sound[:, start : start + STRETCH].T)
        found = stream.resample_chunk(part, last=start + len(part) == n).T[:, :samples]
        samples -= found.shape[1]
        yield found
    yield np.zeros((channels, samples), np.float32)  # the stream may round down
