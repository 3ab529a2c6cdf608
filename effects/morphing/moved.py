"""The notes of a piece between two others: those of both, moved.

- An onset is one of A's or one of B's: the two take turns (`effects.morphing.onsets`).
- Each note has a partner in the other piece (`effects.morphing.partners`), and its pitch and level
  are between theirs, on a key that A or B plays (`effects.morphing.keys`). What both have stays.
- Notes get longer or shorter so that nothing falls silent, and one voice stays one
  (`effects.morphing.tidied`).

If only one of the two has notes, they become fewer, the softest first.

All is decided by X at the moment of the note. At 0 these are A's notes exactly, and at 1 B's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from effects.morphing.at import At
from effects.morphing.keys import Tuned, key_between, pitch_on, tuned
from effects.morphing.levels import difference_db, level_between
from effects.morphing.middle import Between
from effects.morphing.onsets import (
    SAME_SECONDS,
    Event,
    Group,
    Placed,
    a_and_b,
    events,
    grouped,
    placed,
)
from effects.morphing.partners import (
    FARTHEST_SECONDS,
    ONSET_SECONDS,
    SEMITONES,
    are_same,
    partners,
)
from effects.morphing.piece import Piece
from effects.morphing.thinning import fewer
from effects.morphing.tidied import tidied
from effects.morphing.turns import Turns
from effects.notes.note import Note
from effects.warping.timeline import Timeline

Notes = Sequence[Placed[Note]]
Pair = Event[Note, Note]


def moved(a: Piece, b: Piece, at: At, times: tuple[Timeline, Timeline], seed: int) -> list[Between]:
    """The notes of the middle, by their starts.

    Args:
        a: the first piece.
        b: the second.
        at: how far from A to B, over time.
        times: where their moments come in the result: `effects.morphing.times.times`.
        seed: draws who goes first among equals.
    """
    both = placed(a.notes, times[0]), placed(b.notes, times[1])
    turns = turns_of(a, b, times, seed)
    if not both[0] or not both[1]:
        side = 0 if both[0] else 1
        left = fewer(both[side], side, at, turns)
        found = [Between(it.note, now, *a_and_b(it.own, None, side)) for it, now in left]
        return sorted(found, key=lambda it: it.note.start)
    middle = _Middle.of(both)
    shared, events = middle.events()
    found = []
    for event in [*shared, *events]:
        threshold, now = turns.threshold(event.seconds), float(at(event.seconds))
        side = int(now > threshold)
        group = (event.a, event.b)[side]
        if group is not None:
            found += middle.between(group, side, now, 1 - threshold)
    found.sort(key=lambda it: it.note)
    found = [*_opening(middle, events, at, found), *found]
    return tidied(found, *([it.note for it in notes] for notes in both))


def _opening(
    middle: _Middle, pairs: Sequence[Pair], at: At, later: Sequence[Between]
) -> list[Between]:
    """What begins while both pieces sound, if all else begins ``later``, whoever's turn it is.

    A silence between notes is none if the last note is longer; one at the beginning has no such.
    """
    until = later[0].note.start if later else np.inf
    for pair in pairs:
        for side, group in enumerate((pair.a, pair.b)):
            if group is None or group.start >= until - SAME_SECONDS:
                continue
            now = float(at(group.start))
            if 0 < now < 1 and any(
                it.note.start <= group.start < it.note.end for it in middle.notes[1 - side]
            ):
                return middle.between(group, side, now, 0.5)
    return []


def turns_of(a: Piece, b: Piece, times: tuple[Timeline, Timeline], seed: int) -> Turns:
    """Whose turn it is: the same for notes and strokes."""
    starts = [
        [it.start for it in grouped(placed(sorted([*piece.notes, *piece.strokes], key=_start), on))]
        for piece, on in zip((a, b), times, strict=True)
    ]
    return Turns(starts[0], starts[1], seed)


@dataclass(frozen=True)
class _Middle:
    """What the notes of the middle are made of.

    Attributes:
        notes: of A and of B.
        partners: for each of the two, the numbers of the partners of its notes.
        shared: for each of the two, the numbers of the notes that both have.
        keys: of both.
        louder_db: by how much B's notes are louder than A's.
    """

    notes: tuple[Notes, Notes]
    partners: tuple[Mapping[int, int], Mapping[int, int]]
    shared: tuple[frozenset[int], frozenset[int]]
    keys: tuple[Tuned, Tuned]
    louder_db: float

    @classmethod
    def of(cls, notes: tuple[Notes, Notes]) -> _Middle:
        """What both pieces' notes give."""
        a, b = ([it.note for it in side] for side in notes)
        found = partners(a, b)
        back = {other: own for own, other in found.items()}
        same = {own: other for own, other in found.items() if are_same(a[own], b[other])}
        shared = frozenset(same), frozenset(same.values())
        return cls(notes, (found, back), shared, tuned(a, b), difference_db(a, b))

    def events(self) -> tuple[list[Pair], list[Pair]]:
        """The notes that both have, each by itself, so that it stays whatever is struck with it;
        and whatever else begins together.
        """
        single = [
            Event(_alone(it), _alone(self.notes[1][self.partners[0][it.number]]))
            for it in self.notes[0]
            if it.number in self.shared[0]
        ]
        rest = [
            grouped([it for it in notes if it.number not in shared])
            for notes, shared in zip(self.notes, self.shared, strict=True)
        ]
        return single, events(*rest)

    def between(self, group: Group[Note], side: int, at: float, threshold: float) -> list[Between]:
        """The notes that begin together, of A (``side`` 0) or B (1), at X; see `key_between`."""
        found: list[Between] = []
        taken: set[int] = set()
        for it in group.notes:
            number = self.partners[side].get(it.number)
            partner = None if number is None else self.notes[1 - side][number]
            a, b = a_and_b(it.own, partner.own if partner else None, side)
            if at in (0.0, 1.0):
                found.append(Between(it.note, at, a, b))
                continue
            guide = partner or self._nearest(it, side)
            pitches = a_and_b(it.note.pitch, guide.note.pitch, side)
            key = key_between(pitches, at, self.keys, threshold, frozenset(taken))
            taken.add(key)
            level = level_between(
                a.level if a else None, b.level if b else None, at, self.louder_db
            )
            pitch = pitch_on(key, pitches, at, self.keys)
            found.append(Between(replace(it.note, pitch=pitch, level=level), at, a, b))
        return found

    def _nearest(self, it: Placed[Note], side: int) -> Placed[Note]:
        """The note of the other piece that a note without a partner goes to; itself if none."""
        others, start = self.notes[1 - side], it.note.start
        first = bisect_left(others, start - FARTHEST_SECONDS, key=_start_of)
        near = others[first : bisect_left(others, start + FARTHEST_SECONDS, key=_start_of)]

        def cost(other: Placed[Note]) -> float:
            return (
                abs(other.note.start - start) / ONSET_SECONDS
                + abs(other.note.pitch - it.note.pitch) / SEMITONES
            )

        return min(near, key=cost, default=it)


def _alone(it: Placed[Note]) -> Group[Note]:
    return Group(it.note.start, (it,))


def _start_of(it: Placed[Note]) -> float:
    return it.note.start


def _start(note: Note) -> float:
    return note.start
