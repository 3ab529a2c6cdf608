"""The score of a middle as the latent has it."""

from __future__ import annotations

from collections.abc import Sequence

from effects.latent.codec import Codec
from effects.morphing.at import At
from effects.morphing.middle import Between
from effects.morphing.piece import Piece
from effects.warping.timeline import Timeline


def from_latent(
    a: Piece,
    b: Piece,
    at: At,
    times: tuple[Timeline, Timeline],
    moved: Sequence[Between] | None,
    codec: Codec,
) -> list[Between]:
    """The notes between those of A and B that the latent has for likely, by their starts.

    Args:
        a: a piece, ...
        b: ... and another.
        at: how far from A to B.
        times: where in the result A's and B's moments come.
        moved: notes of the middle that are favoured (the method "both"); None for the latent alone.
        codec: the networks.
    """
    raise NotImplementedError
