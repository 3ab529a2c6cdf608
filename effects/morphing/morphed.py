"""A morph as it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from effects.morphing.at import At
from effects.morphing.middle import Middle
from effects.morphing.piece import Piece
from effects.signal.arrays import Audio
from effects.warping.timeline import Timeline


@dataclass(frozen=True)
class Morphed:
    """A piece between two others.

    Attributes:
        audio: ``[channels, samples]``, with as many channels as the piece with more of them.
        sample_rate: A's, in Hz.
        at: how far from A to B, over time.
        middle: its score; empty if there is none (textures).
        a: what was heard of A.
        b: of B.
        times: where in the result the moments of A and of B come.
        report: what was done and why, as JSON can hold it.
    """

    audio: Audio
    sample_rate: float
    at: At
    middle: Middle
    a: Piece
    b: Piece
    times: tuple[Timeline, Timeline]
    report: Mapping[str, Any]
