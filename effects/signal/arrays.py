"""Types of arrays for sound, and stretches cut out of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Audio = NDArray[np.float32]
"""Samples of a clip, ``[channels, samples]``."""
Mono = NDArray[np.float32]
"""Samples of one channel, ``[samples]``."""
Values = NDArray[np.float64]
"""Numbers in double precision: times, pitches, levels."""

_STRETCH = 1 << 18  # samples at a time, to limit memory


def samples_between(
    audio: NDArray[Any], start: int, stop: int, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """A copy of samples ``start`` to ``stop`` (exclusive), with zeros before and after the sound.

    Args:
        audio: ``[*, samples]``.
        start: the first sample; negative before the sound.
        stop: the last sample (exclusive), not before ``start``.
        dtype: of the copy.
    """
    out = np.zeros((*audio.shape[:-1], stop - start), dtype)
    inside = audio[..., max(start, 0) : max(stop, 0)]
    out[..., max(-start, 0) :][..., : inside.shape[-1]] = inside
    return out


def energy(audio: Mono) -> float:
    """The sum of the squares of ``[samples]``, in double precision."""
    parts = range(0, audio.size, _STRETCH)
    squares = (np.square(audio[it : it + _STRETCH], dtype=np.float64) for it in parts)
    return float(sum(it.sum() for it in squares))
