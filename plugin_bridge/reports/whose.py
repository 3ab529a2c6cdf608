"""Whose each note and stroke of a morph is: how pictures of it are coloured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from effects.morphing.middle import Between, Middle, StrokeBetween
from effects.morphing.morphed import Morphed
from effects.notes.note import Note

A, B, BOTH, NEW, GONE = "a", "b", "both", "new", "gone"
#: What a legend says of each, in its order.
MEANINGS: Mapping[str, str] = {
    A: "A's",
    BOTH: "of both: the same, or moved",
    B: "B's",
    NEW: "of neither: new",
    GONE: "not in the morph",
}
LEAST_KEYS = 12  # that are shown; by eye


@dataclass(frozen=True)
class Score:
    """What is played in one of the pieces.

    Attributes:
        notes: by `A`, `BOTH`, `B`, `NEW` and `GONE`; those that are there.
        strokes: likewise.
    """

    notes: Mapping[str, Sequence[Note]]
    strokes: Mapping[str, Sequence[Note]]


@dataclass(frozen=True)
class Scores:
    """Those of A, of the morph, and of B; A's and B's are on their own times."""

    a: Score
    morph: Score
    b: Score

    @property
    def all(self) -> tuple[Score, Score, Score]:
        """From A to B."""
        return self.a, self.morph, self.b

    @property
    def owners(self) -> list[str]:
        """Of whom there are notes or strokes, in the order of `MEANINGS`."""
        found = {it for score in self.all for it in (*score.notes, *score.strokes)}
        return [it for it in MEANINGS if it in found]


def scores(morphed: Morphed) -> Scores:
    """The three scores of a morph.

    In A's and B's, notes are `GONE` that the morph has not.
    """
    middle = morphed.middle
    return Scores(
        _end(morphed.a.notes, morphed.a.strokes, middle, lambda it: it.a),
        Score(
            _grouped((it.note, _whose(it)) for it in middle.notes),
            _grouped((it.note, _whose(it)) for it in middle.strokes),
        ),
        _end(morphed.b.notes, morphed.b.strokes, middle, lambda it: it.b),
    )


def _end(
    notes: Sequence[Note],
    strokes: Sequence[Note],
    middle: Middle,
    mine: Callable[[Between | StrokeBetween], Note | None],
) -> Score:
    """The score of a piece, of which ``mine`` are the notes that came into the morph."""
    stayed = {own: _whose(it) for it in middle.notes if (own := mine(it)) is not None}
    struck = {own: _whose(it) for it in middle.strokes if (own := mine(it)) is not None}
    return Score(
        _grouped((it, stayed.get(it, GONE)) for it in notes),
        _grouped((it, struck.get(it, GONE)) for it in strokes),
    )


def _whose(it: Between | StrokeBetween) -> str:
    if it.a is None:
        return NEW if it.b is None else B
    return A if it.b is None else BOTH


def _grouped(owned: Iterable[tuple[Note, str]]) -> dict[str, list[Note]]:
    groups: dict[str, list[Note]] = {}
    for note, owner in owned:
        groups.setdefault(owner, []).append(note)
    return groups


def key_range(of: Iterable[Score]) -> tuple[int, int] | None:
    """The lowest and the highest key of all, at least an octave apart; None if there are no notes.

    Keys are MIDI numbers.
    """
    keys = [it.pitch for score in of for group in score.notes.values() for it in group]
    if not keys:
        return None
    low, high = math.floor(min(keys)), math.ceil(max(keys))
    missing = max(LEAST_KEYS - (high - low), 0)
    return low - missing // 2, high + missing - missing // 2


def brightness_range(of: Iterable[Score]) -> tuple[float, float] | None:
    """The least and the greatest brightness of strokes, as `effects.engines.sampler.strokes` has
    them; None if there are no strokes.
    """
    heard = [it.pitch for score in of for group in score.strokes.values() for it in group]
    return (min(heard), max(heard)) if heard else None


def octaves(low: int, high: int) -> Mapping[int, str]:
    """The Cs among these keys, by their MIDI numbers, and their names: 60 is C4."""
    return {key: f"C{key // 12 - 1}" for key in range(-(-low // 12) * 12, high + 1, 12)}
