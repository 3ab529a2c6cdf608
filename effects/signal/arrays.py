"""Types of arrays for sound, sound that is no array, and stretches cut out of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from effects.checkpoint import checkpoint

Audio = NDArray[np.float32]
"""Samples of a clip, ``[channels, samples]``."""
Mono = NDArray[np.float32]
"""Samples of one channel, ``[samples]``."""
Values = NDArray[np.float64]
"""Numbers in double precision: times, pitches, levels."""

_STRETCH = 1 << 18  # samples at a time, to limit memory


class Stretches:
    """A sound that is made stretch by stretch when it is asked for, so it takes no memory.

    As an array, it has a shape and gives samples a to b: ``sound[:, a:b]``.

    Args:
        shape: ``[*, samples]``.
        make: gives samples ``start`` to ``stop`` (exclusive), ``[*, stop - start]``. They are not
            written to.
    """

    def __init__(self, shape: tuple[int, ...], make: Callable[[int, int], Audio]) -> None:
        self.shape = shape
        self._make = make

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Audio:
        checkpoint()
        wanted = key[-1] if isinstance(key, tuple) else key
        start, stop, _ = wanted.indices(self.shape[-1])
        return self._make(start, max(start, stop))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it, for `numpy.asarray`."""
        return np.array(self[:], dtype)


Sound = Audio | Stretches
"""A sound, all of it or stretch by stretch."""


def less(audio: Sound, part: Sound) -> Stretches:
    """A sound without a part of it, both ``[channels, samples]``."""
    return Stretches(audio.shape, lambda start, stop: audio[:, start:stop] - part[:, start:stop])


def samples_between(
    audio: NDArray[Any] | Stretches, start: int, stop: int, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """A copy of samples ``start`` to ``stop`` (exclusive), with zeros before and after the sound.

    Args:
        audio: ``[*, samples]``.
        start: the first sample; negative before the sound.
        stop: the last sample (exclusive), not before ``start``.
        dtype: of the copy.
    """
    checkpoint()
    out = np.zeros((*audio.shape[:-1], stop - start), dtype)
    inside = audio[..., max(start, 0) : max(stop, 0)]
    out[..., max(-start, 0) :][..., : inside.shape[-1]] = inside
    return out


def energy(audio: Sound) -> float:
    """The sum of the squares of ``[samples]``, in double precision."""
    parts = range(0, audio.shape[0], _STRETCH)
    squares = (np.square(audio[it : it + _STRETCH], dtype=np.float64) for it in parts)
    return float(sum(it.sum() for it in squares))
