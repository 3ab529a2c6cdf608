"""Which of many notes sound in a stretch of time, without looking at all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from effects.notes.note import Note, NoteEvent


class Overlaps:
    """Notes by their times.

    In the order of their starts, those that begin before a moment come first. The latest end so far
    never falls in this order, so all those end before a moment where it is not later. What is left
    between these two places is looked at.

    Args:
        notes: in any order.
    """

    def __init__(self, notes: Sequence[Note | NoteEvent]) -> None:
        starts, self._ends = (
            np.array([getattr(it, edge) for it in notes], np.float64) for edge in ("start", "end")
        )
        self._order = np.argsort(starts, kind="stable")
        self._starts = starts[self._order]
        self._latest_ends = np.maximum.accumulate(self._ends[self._order])

    def between(self, start: float, end: float) -> NDArray[np.intp]:
        """The numbers of the notes that begin before ``end`` and end after ``start``, in order."""
        first = np.searchsorted(self._latest_ends, start, side="right")
        near = self._order[first : np.searchsorted(self._starts, end)]
        return np.sort(near[self._ends[near] > start])
