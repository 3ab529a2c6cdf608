"""Whether two pieces lie together in time already: stems of one song, or one tune played twice.

Then they must not be moved, though their beats may be heard differently.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from effects.morphing.partners import BOTH_SECONDS, are_same
from effects.morphing.piece import Piece
from effects.notes.note import Note

#: Of the piece that has fewer notes, so many are in the other one, too, at the same time. Two tunes
#: in one key and at one tempo share a tenth. Not searched.
LEAST_SHARE = 0.5
FEWEST = 4  # notes that both have; fewer may meet by chance


def are_together(a: Piece, b: Piece) -> bool:
    """Whether at least half of the notes of one are in the other as well, at their own times."""
    fewer, more = sorted((a.notes, b.notes), key=len)
    shared = sum(_has(more, it) for it in fewer)
    return shared >= FEWEST and shared >= LEAST_SHARE * len(fewer)


def _has(notes: Sequence[Note], wanted: Note) -> bool:
    """Whether a note is among ``notes``, which are sorted by their starts."""
    first = bisect_left(notes, wanted.start - BOTH_SECONDS, key=lambda it: it.start)
    for it in notes[first:]:
        if it.start > wanted.start + BOTH_SECONDS:
            return False
        if are_same(it, wanted):
            return True
    return False
