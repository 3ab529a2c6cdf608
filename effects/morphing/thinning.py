"""Which notes or strokes go first when they become fewer: the softest of those around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from effects.morphing.at import At
from effects.morphing.onsets import Kind, Placed
from effects.morphing.turns import Turns
from effects.notes.note import Note
from effects.signal.arrays import Values

#: Notes are compared with those of the same stretch of so many seconds, so that a soft passage gets
#: thinner, too, and is not left out. Not searched.
STRETCH_SECONDS = 4.0


def fewer(
    notes: Sequence[Placed[Kind]], side: int, at: At, turns: Turns
) -> Iterator[tuple[Placed[Kind], float]]:
    """What is left of notes or strokes that one piece alone has, each with X at its moment.

    Where what the other piece has instead begins at nearly the same moment, both begin together, so
    that there is one rhythm and not two.

    Args:
        notes: all of them, on the result's time.
        side: 0 if they are A's, 1 if they are B's.
        at: how far from A to B, over time.
        turns: whose turn it is.
    """
    for it, most in zip(notes, stays([it.note for it in notes]), strict=True):
        now = float(at(it.note.start))
        if (now if side == 0 else 1 - now) < most:
            later = turns.shift(it.note.start, side, now)
            note = replace(it.note, start=it.note.start + later, end=it.note.end + later)
            yield replace(it, note=note), now


def stays(notes: Sequence[Note]) -> Values:
    """Up to which distance from its own piece each note stays, ``[notes]``, from 0 to 1.

    Of n notes, (1 - d) n stay at the distance d, within one, and the loudest of each stretch stay
    longest.
    """
    levels = np.array([it.level for it in notes])
    stretches = np.array([int(it.start // STRETCH_SECONDS) for it in notes])
    louder = np.zeros(len(notes))  # than which share of those of the same stretch
    for stretch in np.unique(stretches):
        inside = np.flatnonzero(stretches == stretch)
        order = np.argsort(levels[inside], kind="stable")
        louder[inside[order]] = (np.arange(len(inside)) + 0.5) / len(inside)
    found = np.empty(len(notes))
    order = np.argsort(louder, kind="stable")
    found[order] = (np.arange(len(notes)) + 0.5) / max(len(notes), 1)
    return found
