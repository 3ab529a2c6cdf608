"""How two songs should be aligned, from their true beats and bars: for rows that are told it."""

from __future__ import annotations

import numpy as np

from benchmarks.mashup.songs import RATE, Known
from effects.signal.arrays import Values
from effects.warping.timeline import Passage, Timeline

FACTORS = (0.5, 1.0, 2.0)  # beats of A in one of B


def true_alignment(a: Known, b: Known) -> tuple[Timeline, Timeline]:
    """Timelines of A and B: B as it is, A's first bar on B's first, in the key of B."""
    seconds = b.mix.shape[1] / RATE
    ends = np.array([0.0, seconds])
    a_first, b_first = _first_bar(a), _first_bar(b)
    a_beat, b_beat = (float(np.mean(np.diff(it.beats))) for it in (a, b))
    factor = min(FACTORS, key=lambda it: abs(np.log(it * a_beat / b_beat)))
    rate = factor * a_beat / b_beat  # seconds of A in one of the mashup: the tempo is even
    start = max(0.0, b_first - a_first / rate)
    stop = min(seconds, b_first + (a.mix.shape[1] / RATE - a_first) / rate)
    nodes = _nodes(b.beats, start, stop)
    heard = Passage(nodes, a_first + rate * (nodes - b_first))
    return Timeline((heard,), _shift(a, b)), Timeline((Passage(ends, ends),))


def _first_bar(song: Known) -> float:
    return float(song.beats[0] if song.bars is None else song.bars[0])


def _nodes(beats: Values, start: float, stop: float) -> Values:
    inside = beats[(beats > start + 0.1) & (beats < stop - 0.1)]
    return np.concatenate(([start], inside, [stop]))


def _shift(a: Known, b: Known) -> int:
    """The smaller way from the notes of A to those of B, -6 to 5."""
    if a.pitch_set is None or b.pitch_set is None:
        return 0
    return (b.pitch_set - a.pitch_set + 6) % 12 - 6
