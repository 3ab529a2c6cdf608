"""How loud a note of the middle is.

Levels are mixed in dB. Those of A are on A's scale and those of B on B's (`Piece`), and so the
middle's are on a scale between the two, which is A's at 0 and B's at 1. A note that comes from both
has a level between theirs. A note that comes from one alone has its own, beside the other piece's
notes made equally loud: on a scale that goes from A's to B's by the difference of the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from effects.notes.note import Note

FAINTEST = 1e-9  # no logarithm of 0


def difference_db(a: Sequence[Note], b: Sequence[Note]) -> float:
    """By how many dB B's notes are louder than A's as a whole; 0 if there are none of one."""
    if not a or not b:
        return 0.0
    return _power_db(b) - _power_db(a)


def _power_db(notes: Sequence[Note]) -> float:
    """The mean power of what notes play from the first to the last."""
    seconds = max(it.end for it in notes) - min(it.start for it in notes)
    power = sum(it.level**2 * it.seconds for it in notes) / max(seconds, 1e-3)
    return 10 * math.log10(max(power, FAINTEST**2))


def level_between(a: float | None, b: float | None, at: float, louder_db: float) -> float:
    """The level of a note.

    Args:
        a: that of A's note; None if it is B's alone.
        b: that of B's; None if it is A's alone.
        at: X.
        louder_db: by how much B is louder than A.
    """
    if a is not None and b is not None:
        return float(max(a, FAINTEST) ** (1 - at) * max(b, FAINTEST) ** at)
    own, moved = (a, at) if a is not None else (b, at - 1)
    assert own is not None, "a note comes from one of the two at least"
    return float(own * 10 ** (moved * louder_db / 20))
