"""Several songs in a row: A over B, then B's lead over C, and so on.

Each song but the first is the bed once, and each but the last has the lead once; so whoever was the
bed comes to the front when the next bed begins. Beds change where four bars of both begin. Of each
bed, that part is heard at whose place in the medley it is: the first bed from its beginning, the
last one to its end, one in the middle in its middle. So all parts are equal shares, give or take
some bars, and the medley is about as long as its beds on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effects.listening.song import Song
from effects.mashing.alignment import Alignment, align
from effects.mashing.pace import counted, pace_for
from effects.mashing.phrases import phrases
from effects.signal.arrays import Values

#: Beds may change every so many bars of a section. Not searched.
CHANGE_BARS = 4


@dataclass(frozen=True)
class MedleyPart:
    """A part of a medley: one song over another.

    Attributes:
        lead: which song's lead is heard, from 0.
        bed: which song is the bed.
        alignment: of both, as if they were all there is.
        start: from when of the alignment the part is heard, in its seconds; a bar begins there,
            except in the first part, which begins at 0.
        stop: to when; a bar begins there, too, except at the end of the last part.
        out_start: when that is in the medley, in seconds.
    """

    lead: int
    bed: int
    alignment: Alignment
    start: float
    stop: float
    out_start: float


@dataclass(frozen=True)
class Medley:
    """Which songs are heard when.

    Attributes:
        parts: in order; each begins where the one before ends. They are joined by a short fade
            just before the bar line, for which each can be made to begin a little earlier.
        seconds: how long it is.
    """

    parts: tuple[MedleyPart, ...]
    seconds: float


def plan_medley(songs: Sequence[Song], *, tempo: str | float = "b", key: str = "b") -> Medley:
    """Lay each song over the next, in equal shares.

    Args:
        songs: at least two.
        tempo: as `align` takes it, for each part. With ``"b"``, each part has its bed's tempo;
            with beats a minute, all have one.
        key: likewise.

    Raises:
        ValueError: there are fewer than two songs, or no such tempo or key.
    """
    if len(songs) < 2:
        raise ValueError(f"a medley needs at least two songs, not {len(songs)}")
    parts: list[MedleyPart] = []
    out_start, count = 0.0, len(songs) - 1
    for index, (lead, bed) in enumerate(pairwise(songs)):
        plan = align(lead, bed, tempo=tempo, key=key)
        start, stop = _share(_borders(lead, bed, plan, tempo), plan.seconds, index, count)
        parts.append(MedleyPart(index, index + 1, plan, start, stop, out_start))
        out_start += stop - start
    return Medley(tuple(parts), out_start)


def _borders(lead: Song, bed: Song, plan: Alignment, tempo: str | float) -> Values:
    """When the bed may change, in seconds of the mashup: at each bar, if there are few."""
    bpm = {"a": lead.bpm, "b": bed.bpm}[tempo] if isinstance(tempo, str) else tempo
    paced = counted(bed, pace_for(bed, bpm))
    if len(paced.beats) != len(plan.beats):  # without a beat, nothing is counted otherwise
        paced = bed
    starts = [start for start, _ in phrases(paced, CHANGE_BARS * paced.meter.beats)]
    return plan.beats[starts] if len(starts) > 2 else plan.bars


def _share(borders: Values, seconds: float, index: int, count: int) -> tuple[float, float]:
    """From when to when a bed is heard that is one of so many: the borders nearest to its share."""
    start, stop = (seconds * it / count for it in (index, index + 1))
    first = 0.0 if index == 0 else float(borders[np.argmin(np.abs(borders - start))])
    if index == count - 1:
        return first, seconds
    later = borders[borders > first]
    last = later[np.argmin(np.abs(later - stop))] if later.size else seconds
    return first, float(last)
