"""What begins when, in two pieces on one time; and whose turn it is.

A rhythm between two others that is made by moving every onset a part of the way is in neither
tempo: it sounds like bad playing. So an onset of the middle is always one of A's or one of B's.
Were that drawn onset by onset, intervals from onset to onset would be of neither piece. So the two
take turns: of each phrase the first part is B's, a share X of it, and the rest A's. In the middle,
then, a share 1 - X of the intervals are A's and X are B's, whatever their rhythms, and nothing is
played twice. As X grows, B's part of each phrase grows.

A phrase is long if little happens in it: it is counted in onsets, half of the count from each
piece, so that 1 - X of A's onsets are heard and X of B's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.strokes import SETTINGS as STROKES
from effects.notes.note import Note
from effects.signal.arrays import Values
from effects.warping.timeline import Timeline

#: Onsets of A and B that are nearer than this, in seconds, are one: then only one of them sounds.
#: A listener who taps along is off by about as much. Not searched.
SAME_SECONDS = 0.08

Kind = TypeVar("Kind", bound=Note)
A = TypeVar("A", bound=Note)
B = TypeVar("B", bound=Note)
One = TypeVar("One")


@dataclass(frozen=True)
class Placed(Generic[Kind]):
    """A note or stroke.

    Attributes:
        note: on the result's time.
        own: on its piece's time.
        number: its place among those of its piece that are heard.
    """

    note: Kind
    own: Kind
    number: int


@dataclass(frozen=True)
class Group(Generic[Kind]):
    """Notes that begin together.

    Attributes:
        start: when the first of them does, on the result's time, in seconds.
        notes: at least one.
    """

    start: float
    notes: tuple[Placed[Kind], ...]


@dataclass(frozen=True)
class Event(Generic[A, B]):
    """What begins at one moment: in A, in B, or in both.

    Attributes:
        a: A's notes.
        b: B's; not both are None.
    """

    a: Group[A] | None
    b: Group[B] | None

    @property
    def seconds(self) -> float:
        """When: half way between the two."""
        starts = [it.start for it in (self.a, self.b) if it]
        return sum(starts) / len(starts)


def placed(notes: Sequence[Kind], timeline: Timeline) -> list[Placed[Kind]]:
    """Notes on the result's time, without those that begin where it has nothing of the piece."""
    found = []
    for passage in timeline.passages:
        song, out = passage.song_seconds, passage.out_seconds
        for it in notes:
            if song[0] <= it.start < song[-1]:
                start, end = np.interp([it.start, it.end], song, out).tolist()
                found.append((replace(it, start=start, end=end), it))
    found.sort(key=lambda pair: pair[0].start)
    return [Placed(*pair, number) for number, pair in enumerate(found)]


def grouped(notes: Sequence[Placed[Kind]]) -> list[Group[Kind]]:
    """Notes that begin together, together; ``notes`` by their starts."""
    found: list[list[Placed[Kind]]] = []
    for it in notes:
        if found and it.note.start - found[-1][0].note.start <= STROKES.together_seconds:
            found[-1].append(it)
        else:
            found.append([it])
    return [Group(it[0].note.start, tuple(it)) for it in found]


def events(a: Sequence[Group[A]], b: Sequence[Group[B]]) -> list[Event[A, B]]:
    """All that begins, in order; onsets of A and B that are nearest to one another are one."""
    starts_a, starts_b = (np.array([it.start for it in groups]) for groups in (a, b))
    pairs = dict(_coinciding(starts_a, starts_b))
    taken = set(pairs.values())
    found: list[Event[A, B]] = [
        Event(it, b[pairs[at]] if at in pairs else None) for at, it in enumerate(a)
    ]
    found += [Event(None, it) for at, it in enumerate(b) if at not in taken]
    return sorted(found, key=lambda it: it.seconds)


def _coinciding(a: Values, b: Values) -> Iterator[tuple[int, int]]:
    """Pairs of moments, each the nearest of the other and not far."""
    if not a.size or not b.size:
        return
    to_b, to_a = nearest(a, b), nearest(b, a)
    for at, other in enumerate(to_b.tolist()):
        if to_a[other] == at and abs(a[at] - b[other]) <= SAME_SECONDS:
            yield at, other


def nearest(moments: Values, others: Values) -> NDArray[np.intp]:
    """For each moment the index of the nearest of ``others``, which rise."""
    return np.searchsorted((others[1:] + others[:-1]) / 2, moments)


def a_and_b(own: One, other: One, side: int) -> tuple[One, One]:
    """A's and B's, of what is ``side``'s own and what is the other's."""
    return (own, other) if side == 0 else (other, own)
