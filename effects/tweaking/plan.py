"""What is to be done with a piece."""

from __future__ import annotations

from dataclasses import dataclass

from effects.morphing.piece import SILENCE, Piece
from effects.signal.arrays import Values
from effects.style_clip import Style
from effects.tweaking.score import Score


@dataclass(frozen=True)
class Plan:
    """What is to be done with a piece.

    Attributes:
        piece: what was heard.
        score: what is to be played of it.
        style: who plays it; None for the piece's own sounds.
        gains_db: the filter, as `effects.tweaking.timbre.filter_db` has it; None for none.
    """

    piece: Piece
    score: Score
    style: Style | None
    gains_db: Values | None

    @property
    def changes_nothing(self) -> bool:
        """Whether the piece comes back as it is."""
        same = list(self.score.notes) == list(self.piece.notes)
        more = self.gains_db is not None or self.style is not None
        return self.piece.kind == SILENCE or (same and not more)
