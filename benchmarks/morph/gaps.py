"""Where a morph is silent and should not be."""

from __future__ import annotations

import numpy as np

from benchmarks.morph.axis import Axis
from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Mono, Values

BLOCK_SECONDS = 0.05
BELOW_DB = 40.0  # of the median block


def gaps(middle: Mono, a: Mono, b: Mono, axis_a: Axis, axis_b: Axis) -> float:
    """The share of blocks of 50 ms that are silent while neither A nor B is.

    Silent is 40 dB below the clip's median block. ``axis_a`` and ``axis_b`` say what of A and B
    comes when. The share is of all blocks in which neither A nor B is silent; NaN if there is none.
    """
    levels = _levels(middle)
    centres = (np.arange(levels.size) + 0.5) * BLOCK_SECONDS
    sounding = np.ones(levels.size, bool)
    for clip, axis in ((a, axis_a), (b, axis_b)):
        own = _levels(clip)
        at = np.floor(axis.to_song(centres) / BLOCK_SECONDS).astype(int)
        inside = (at >= 0) & (at < own.size)
        silent = own < np.median(own) - BELOW_DB
        sounding &= inside & ~silent[np.clip(at, 0, own.size - 1)]
    if not sounding.any():
        return float("nan")
    return float((levels < np.median(levels) - BELOW_DB)[sounding].mean())


def _levels(audio: Mono) -> Values:
    """Of each block, in dB."""
    size = round(BLOCK_SECONDS * RATE)
    blocks = audio[: audio.size // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(10 * np.log10((blocks**2).mean(axis=1) + 1e-14))
