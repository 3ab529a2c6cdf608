"""A clip in a few numbers, which hardly depend on its level and its notes."""

from __future__ import annotations

import numpy as np

from effects.judging.frames import RATE, Frames, Vector
from effects.judging.partials import partials
from effects.judging.strokes import strokes
from effects.signal.arrays import Mono

SHORTEST = RATE // 2  # samples; a shorter clip is filled up with silence


def describe(clip: Mono) -> Vector:
    """How a clip sounds, ``[numbers]``.

    Args:
        clip: ``[samples]`` at `RATE`, not silent.
    """
    clip = clip / np.float32(np.abs(clip).max())
    clip = np.pad(clip, (0, max(SHORTEST - clip.size, 0)))
    frames = Frames(clip)
    parts = [*frames.colours(), *frames.levels(), *strokes(frames), *partials(clip)]
    return np.concatenate(parts)
