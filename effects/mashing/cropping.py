"""A part of a mashup, so that only that part is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from effects.mashing.alignment import Alignment
from effects.mashing.options import Options
from effects.signal.arrays import Values
from effects.warping.timeline import Passage, Timeline


def part_of(
    options: Options, bars: Values, seconds: float, sample_rate: float
) -> tuple[float, float]:
    """From when to when the options want a mashup, in its seconds.

    It begins with a whole sample, so that a song that is not stretched keeps its samples.

    Args:
        options: with their start and end.
        bars: when its bars begin, in seconds.
        seconds: how long it is.
        sample_rate: in Hz.

    Raises:
        ValueError: there is no such bar, or nothing of the mashup is there.
    """
    start = options.start_place.seconds(bars) if options.start_place else 0.0
    end = options.end_place.seconds(bars) if options.end_place else seconds
    if start >= seconds:
        raise ValueError(f"The start ({start:g} s) is after the mashup's end ({seconds:.2f} s).")
    if end <= start:
        raise ValueError(f"The end ({end:g} s) must come after the start ({start:g} s).")
    return round(start * sample_rate) / sample_rate, min(end, seconds)


def cropped(alignment: Alignment, start: float, end: float) -> Alignment:
    """An alignment from ``start`` to ``end``, in its seconds, as one that begins at 0."""
    if start <= 0 and end >= alignment.seconds:
        return alignment
    return replace(
        alignment,
        seconds=end - start,
        a=_timeline(alignment.a, start, end),
        b=_timeline(alignment.b, start, end),
        beats=_between(alignment.beats, start, end),
        bars=_between(alignment.bars, start, end),
    )


def _timeline(timeline: Timeline, start: float, end: float) -> Timeline:
    return replace(timeline, passages=tuple(_passages(timeline, start, end)))


def _passages(timeline: Timeline, start: float, end: float) -> Iterator[Passage]:
    for it in timeline.passages:
        first, last = max(it.out_seconds[0], start), min(it.out_seconds[-1], end)
        if first < last:
            inner = it.out_seconds[(it.out_seconds > first) & (it.out_seconds < last)]
            nodes = np.concatenate([[first], inner, [last]])
            yield Passage(nodes - start, np.interp(nodes, it.out_seconds, it.song_seconds))


def _between(seconds: Values, start: float, end: float) -> Values:
    return seconds[(seconds >= start) & (seconds < end)] - start
