"""Notes of the middle that fit one another: it is put together from two pieces, note by note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from effects.morphing.middle import Between
from effects.notes.note import Note
from effects.signal.arrays import Values

#: A piece has one voice if for less than this share of the time that anything sounds, two notes do:
#: ends are heard a little late. Not searched.
SINGLE = 0.1
#: Notes that differ by less than this, in semitones, are of one key.
SAME_KEY = 0.5
#: A note is not shortened further than to this, in seconds.
SHORTEST_SECONDS = 0.03
#: Silence for less than this, in seconds, is part of the articulation. Not searched.
REST_SECONDS = 0.03
#: For so long, in seconds, a note may ring after its end, in a room or on a guitar. Not searched.
RINGS_SECONDS = 0.3
#: Notes that begin within this time, in seconds, begin together.
TOGETHER_SECONDS = 0.03


def tidied(middle: Sequence[Between], a: Sequence[Note], b: Sequence[Note]) -> list[Between]:
    """The notes of the middle, some of them longer or shorter; ends of the way stay as they are.

    - A key that is struck again sounds no longer.
    - Where both pieces have one voice, so has the middle.
    - Where both pieces sound, so does the middle: the last note lasts until the next, and of
      several the loudest. If notes sound for less time than those of both do, mixed by X, the same
      is done where notes of both have just ended and may still ring, the shortest gaps first.

    Args:
        middle: by their starts.
        a: A's notes, on the result's time.
        b: B's.
    """
    found = _struck_again(middle)
    if is_single(a) and is_single(b):
        found = _one_voice(found)
    found = _without_gaps(found, a, b)
    missing = _missing_seconds(found, a, b)
    return _without_gaps(found, _ringing(a), _ringing(b), missing) if missing > 0 else found


def is_single(notes: Sequence[Note]) -> bool:
    """Whether it is one voice that has these notes."""
    sounding = _sounding(notes)
    length = float(sum(end - start for start, end in sounding))
    return sum(it.seconds for it in notes) - length < SINGLE * length


def _struck_again(middle: Sequence[Between]) -> list[Between]:
    found: list[Between] = []
    recent: list[int] = []  # numbers of notes that may still sound
    for it in middle:
        recent = [at for at in recent if found[at].note.end > it.note.start]
        for at in recent:
            if abs(found[at].note.pitch - it.note.pitch) < SAME_KEY:
                found[at] = _until(found[at], it.note.start)
        recent.append(len(found))
        found.append(it)
    return found


def _one_voice(middle: Sequence[Between]) -> list[Between]:
    found = list(middle)
    for at, it in enumerate(found[:-1]):
        later = found[at + 1].note.start
        if later > it.note.start + TOGETHER_SECONDS and later < it.note.end:
            found[at] = _until(it, later)
    return found


def _without_gaps(
    middle: Sequence[Between], a: Sequence[Note], b: Sequence[Note], most_seconds: float = np.inf
) -> list[Between]:
    """The last notes before gaps are longer: the shortest gaps first, for ``most_seconds``."""
    found, both = list(middle), _common(_sounding(a), _sounding(b))
    ends = np.array([it.note.end for it in found])
    gaps, sounding = [], _sounding([it.note for it in found]).tolist()
    for (_, start), (end, _) in pairwise([*sounding, [np.inf, np.inf]]):
        inside = both[(both[:, 0] < end) & (both[:, 1] > start)]
        until = min(float(inside[-1, 1]), end) if len(inside) else start
        if until - start > REST_SECONDS:
            gaps.append((until - start, start, until))
    left = most_seconds
    for length, start, until in sorted(gaps):
        if length > left:
            break
        left -= length
        last = max(np.flatnonzero(ends == start).tolist(), key=lambda at: found[at].note.level)
        found[last] = _until(found[last], until)
    return found


def _missing_seconds(middle: Sequence[Between], a: Sequence[Note], b: Sequence[Note]) -> float:
    """For how much longer the notes of both would sound together, mixed by X."""
    if not middle:
        return 0.0
    moments, ways = zip(*((it.note.start, it.at) for it in middle), strict=True)
    wanted = 0.0
    for side, notes in enumerate((a, b)):
        share = np.interp([it.start for it in notes], moments, ways)
        lengths = np.array([it.seconds for it in notes])
        wanted += float(np.sum(lengths * (share if side else 1 - share)))
    return wanted - sum(it.note.seconds for it in middle)


def _ringing(notes: Sequence[Note]) -> list[Note]:
    return [replace(it, end=it.end + RINGS_SECONDS) for it in notes]


def _until(it: Between, end: float) -> Between:
    """The note with another end, unless it is at an end of the way."""
    if it.at in (0.0, 1.0):
        return it
    return replace(it, note=replace(it.note, end=max(end, it.note.start + SHORTEST_SECONDS)))


def _sounding(notes: Sequence[Note]) -> Values:
    """From when to when anything sounds, ``[stretches, 2]``, in seconds."""
    found: list[list[float]] = []
    for it in sorted(notes, key=lambda it: it.start):
        if found and it.start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], it.end)
        else:
            found.append([it.start, it.end])
    return np.array(found).reshape(-1, 2)


def _common(one: Values, other: Values) -> Values:
    """What is in a stretch of both, likewise."""
    found = []
    for start, end in one.tolist():
        inside = other[(other[:, 0] < end) & (other[:, 1] > start)]
        found += [[max(start, low), min(end, high)] for low, high in inside.tolist()]
    return np.array(found).reshape(-1, 2)
