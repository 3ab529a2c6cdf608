"""A song in phrases: what of it is laid under one stretch of another song."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from effects.listening.song import Song

#: The longest phrase. Most songs are built of four or eight bars.
PHRASE_BARS = 8


def phrases(song: Song, most_beats: int) -> list[tuple[int, int]]:
    """From which beat to which (exclusive) each phrase goes, in order, from the first bar line on.

    Phrases begin at bar lines. Each section is cut into phrases of `PHRASE_BARS`, as far as it
    goes, or of fewer if that would be more than ``most_beats``: 4, 2 or 1.
    """
    bar_beats = song.meter.beats
    bars = PHRASE_BARS
    while bars > 1 and bars * bar_beats > most_beats:
        bars //= 2
    return list(_cut(song, bars))


def _cut(song: Song, bars: int) -> Iterator[tuple[int, int]]:
    lines = [int(it) for it in song.bars if it < len(song.beats) - 1]
    sections = [int(it) for it in song.sections if it < len(lines)]
    for first, last in pairwise([*sections, len(lines)]):
        for start, stop in pairwise([*range(first, last, bars), last]):
            end = lines[stop] if stop < len(lines) else len(song.beats) - 1
            yield lines[start], end
