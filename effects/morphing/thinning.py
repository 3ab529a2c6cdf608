"""Which notes or strokes go first when they become fewer: the softest of those around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.notes.note import Note
from effects.signal.arrays import Values

#: Notes are compared with those of the same stretch of so many seconds, so that a soft passage gets
#: thinner, too, and is not left out. Not searched.
STRETCH_SECONDS = 4.0


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
