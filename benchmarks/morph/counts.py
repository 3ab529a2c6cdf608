"""How much sounds at the middle, over the ends: a cross-fade has the voices of both."""

from __future__ import annotations

from benchmarks.morph.heard import Heard


def voices(middle: Heard, a: Heard, b: Heard) -> float:
    """The mean number of notes sounding, over the mean of the ends; NaN if an end has none."""
    ends = (_sounding(a), _sounding(b))
    return _sounding(middle) / (sum(ends) / 2) if min(ends) > 0 else float("nan")


def strokes(middle: Heard, a: Heard, b: Heard) -> float:
    """The number of strokes, over the mean of the ends; NaN if neither has any."""
    ends = (len(a.strokes) + len(b.strokes)) / 2
    return len(middle.strokes) / ends if ends else float("nan")


def _sounding(sound: Heard) -> float:
    return sum(it.seconds for it in sound.notes) / sound.seconds
