"""The strokes of drums between two grooves.

A stroke is one of A's or one of B's, as a whole: half a kick and half a snare is neither. The two
take turns, the same turns as notes do (`effects.morphing.onsets`), so that drums and notes of the
middle are in one rhythm. Where both have a stroke there is one, with a level between theirs. A kick
that both have stays a kick.

If only one of the two has drums, its strokes become fewer, the softest first. Beside a melody that
becomes louder meanwhile, those that come with a note begin with it.
"""

from __future__ import annotations

from dataclasses import replace

from effects.engines.sampler.strokes import Stroke
from effects.morphing.at import At
from effects.morphing.levels import difference_db, level_between
from effects.morphing.middle import StrokeBetween
from effects.morphing.moved import turns_of
from effects.morphing.onsets import Event, Group, a_and_b, events, placed
from effects.morphing.piece import Piece
from effects.morphing.thinning import fewer
from effects.warping.timeline import Timeline


def drummed(
    a: Piece, b: Piece, at: At, times: tuple[Timeline, Timeline], seed: int
) -> list[StrokeBetween]:
    """The strokes of the middle, by their starts. At X = 0 they are A's, and at X = 1 B's.

    Args:
        a: the first piece.
        b: the second.
        at: how far from A to B, over time.
        times: where their moments come in the result: `effects.morphing.times.times`.
        seed: draws who goes first among equals.
    """
    both = placed(a.strokes, times[0]), placed(b.strokes, times[1])
    turns = turns_of(a, b, times, seed)
    if both[0] and both[1]:
        louder_db = difference_db(*([it.note for it in side] for side in both))
        groups = [[Group(it.note.start, (it,)) for it in side] for side in both]
        found = []
        for event in events(*groups):
            now = float(at(event.seconds))
            side = int(now > turns.threshold(event.seconds))
            found += _between(event, side, now, louder_db)
    else:
        side = 0 if both[0] else 1
        left = fewer(both[side], side, at, turns)
        found = [StrokeBetween(it.note, now, *a_and_b(it.own, None, side)) for it, now in left]
    return sorted(found, key=lambda it: it.note.start)


def _between(
    event: Event[Stroke, Stroke], side: int, at: float, louder_db: float
) -> list[StrokeBetween]:
    """The stroke of a moment; none if it is the turn of the piece that has none."""
    group = (event.a, event.b)[side]
    if group is None:
        return []
    a, b = (it.notes[0].own if it else None for it in (event.a, event.b))
    stroke = group.notes[0].note
    if at not in (0.0, 1.0):
        level = level_between(a.level if a else None, b.level if b else None, at, louder_db)
        stroke = replace(stroke, level=level)
    return [StrokeBetween(stroke, at, a, b)]
