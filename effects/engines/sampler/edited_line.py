"""A voice's line, corrected: what is gone is silent, what is new is sung.

A new note in place of one that is gone takes its part of the line with it, as far as they are
apart: a glide stays a glide. Any other new note has one pitch and one level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from effects.engines.sampler.edits import Edits
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, SETTINGS, Phrase
from effects.signal.arrays import Values

#: A new note is in place of one that is gone if they share this part of the shorter one. Not
#: searched.
SHARED = 0.5


def edited(phrases: Sequence[Phrase], edits: Edits) -> list[Phrase]:
    """The phrases of a line with what was corrected of its notes.

    Phrases of which nothing was corrected are as they were.
    """
    changed = [*edits.gone, *edits.new]
    touched = [any(_shared(_span(it), note) > 0 for note in changed) for it in phrases]
    same = [it for it, was in zip(phrases, touched, strict=True) if not was]
    others = [it for it, was in zip(phrases, touched, strict=True) if was]
    line = _Line(max((it.end for it in [*map(_span, others), *changed]), default=0.0))
    for phrase in others:
        line.put(phrase)
    heard = line.pitch.copy(), line.level.copy()
    for note in edits.gone:
        line.pitch[_frames(note)] = np.nan
    for note in edits.new:
        line.sing(note, _replaced(note, edits.gone), *heard)
    return sorted([*same, *line.phrases()], key=lambda it: it.start)


class _Line:
    """A line of so many seconds, frame by frame.

    Attributes:
        pitch: MIDI numbers, NaN where there is none.
        level: root mean squares.
        part: numbers that differ where another phrase begins.
    """

    def __init__(self, seconds: float) -> None:
        n_frames = round(seconds / HOP_SECONDS) + 1
        self.pitch, self.level = np.full(n_frames, np.nan), np.zeros(n_frames)
        self.part = np.zeros(n_frames, np.intp)
        self._parts = 0

    def put(self, phrase: Phrase) -> None:
        """A phrase, as it is."""
        first = round(phrase.start / HOP_SECONDS)
        at = slice(first, first + len(phrase.pitch))
        self.pitch[at], self.level[at] = phrase.pitch, phrase.level
        self._begin(at)

    def sing(self, note: Note, old: Note | None, pitch: Values, level: Values) -> None:
        """A new note; in place of ``old``, if there is one, with its part of the line."""
        at = _frames(note)
        n_frames = len(self.pitch[at])
        pitches, levels = np.full(n_frames, note.pitch), np.full(n_frames, note.level)
        if old is not None:
            glide = pitch[_frames(old)][:n_frames] + (note.pitch - old.pitch)
            swell = level[_frames(old)][:n_frames] * (note.level / max(old.level, 1e-12))
            voiced = np.isfinite(glide)
            pitches[: len(glide)][voiced], levels[: len(swell)][voiced] = (
                glide[voiced],
                swell[voiced],
            )
        self.pitch[at], self.level[at] = pitches, levels
        if old is None:
            self._begin(at)

    def phrases(self) -> Iterator[Phrase]:
        """The stretches that have a pitch throughout; too short ones are left out."""
        voiced = np.isfinite(self.pitch)
        breaks = (np.diff(voiced.astype(np.intp)) != 0) | (np.diff(self.part) != 0)
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(voiced)]
        for first, stop in pairwise(edges):
            if voiced[first] and stop - first >= SETTINGS.shortest:
                at = slice(first, stop)
                yield Phrase(first * HOP_SECONDS, self.pitch[at].copy(), self.level[at].copy())

    def _begin(self, at: slice) -> None:
        self._parts += 1
        self.part[at] = self._parts


def _replaced(note: Note, gone: Sequence[Note]) -> Note | None:
    """The note that is gone in whose place ``note`` is; None if there is none."""
    old = max(gone, key=lambda it: _shared(it, note), default=None)
    if old is None or _shared(old, note) < SHARED * min(old.seconds, note.seconds):
        return None
    return old


def _span(phrase: Phrase) -> Note:
    """A phrase as one note."""
    return Note(phrase.start, phrase.start + phrase.seconds, phrase.median, 1.0, 1.0)


def _shared(one: Note, other: Note) -> float:
    """For how long both sound, in seconds; negative if they do not."""
    return min(one.end, other.end) - max(one.start, other.start)


def _frames(note: Note) -> slice:
    first = round(note.start / HOP_SECONDS)
    return slice(first, max(round(note.end / HOP_SECONDS), first + 1))
