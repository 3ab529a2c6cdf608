"""The score of a piece between two others: what sounds when, and whose it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from effects.engines.sampler.strokes import Stroke
from effects.notes.note import Note


@dataclass(frozen=True)
class Between:
    """One note of the middle. Both instruments play it, at the same pitch and time.

    Attributes:
        note: on the result's time; its level is that between those of the notes it comes from,
            beside clips that are equally loud.
        at: how far it is from A, 0, to B, 1: that of its moment.
        a: A's note that it comes from, on A's own time; None if it is B's alone.
        b: B's; None if it is A's alone. Both are None for a note that the latent invented.
    """

    note: Note
    at: float
    a: Note | None
    b: Note | None


@dataclass(frozen=True)
class StrokeBetween:
    """One stroke of drums, likewise."""

    note: Stroke
    at: float
    a: Stroke | None
    b: Stroke | None


@dataclass(frozen=True)
class Middle:
    """The score.

    Attributes:
        notes: by their starts.
        strokes: likewise.
    """

    notes: Sequence[Between]
    strokes: Sequence[StrokeBetween]
