"""The notes of a tweaked piece: its own, as far as the changed latent still has them, and others.

No decoder gives back every note, so what a changed latent decodes to is not played as it is. The
notes follow the *difference* of two decoded scores: with D for the decoder, z for the latent of the
piece and z' for the changed one, the logits of a stroke are

    D(z') - D(z) + SURE   where the piece has one,      D(z') - D(z) - SURE   where it has none.

So an untouched latent gives the very notes of the piece. Of each window the N likeliest strokes are
taken. N is what the piece has there, changed as the number is that the decoder expects.

Where windows are mixed (flattened, or moved towards another latent), the decoder is unsure and
expects hardly a stroke. So N is mixed as the latents are, and only what is done to that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from effects.latent.changes import Changes
from effects.latent.codec import SCORE, Codec, Z
from effects.latent.likeliest import Lengths, Struck, expected, likeliest
from effects.latent.roll import (
    LOWEST,
    N_KEYS,
    STEPS_PER_SECOND,
    STRUCK,
    WINDOW_SECONDS,
    WINDOW_STEPS,
    Roll,
    roll_of,
    step_of,
)
from effects.notes.note import Note
from effects.signal.arrays import Values


@dataclass(frozen=True)
class Settings:
    """The numbers of this module; not searched, unless a comment says more."""

    #: The logit of a note that was heard: odds of 20 to 1 that it is there. Of 1, 2, 3 and 5, on
    #: scores that training did not see, with weights half trained: scaled by 0.8, where 0.82 of the
    #: notes are left, 0.63, 0.82, 0.82 and 0.82 are the piece's own; with noise of 0.3, 0.26, 0.52,
    #: 0.72 and 0.89.
    sure: float = 3.0
    #: Decoded logits are taken for no farther from 0 than this: a chance of one in 400. Whether a
    #: key is struck once in a thousand or in a million windows makes no difference.
    most_logit: float = 6.0
    #: A window has at most so many times as many notes as before, and as one more: far from what
    #: the networks were trained with, they have no measure.
    most_times: float = 3.0
    #: A note becomes longer or shorter if what is decoded does by more than this factor.
    other_length: float = 1.25
    #: The shortest note, in seconds.
    shortest_seconds: float = 0.06
    #: A new note takes its level and tuning from the own note that is nearest, where so many
    #: seconds are as far as ...
    near_seconds: float = 0.5
    #: ... so many semitones.
    near_semitones: float = 6.0
    #: If notes overlap in at most this share of the time they sound, the piece has one voice.
    overlapping: float = 0.05


SETTINGS = Settings()
Cells = dict[tuple[int, int], list[Note]]
"""The notes of each step and key (a MIDI number)."""


@dataclass(frozen=True)
class Score:
    """What is played of a tweaked piece.

    Attributes:
        notes: by their starts.
        kept: how many of them are the piece's own.
        new: how many are new.
        gone: how many of the piece's own are not among them.
    """

    notes: Sequence[Note]
    kept: int
    new: int
    gone: int


def changed_score(
    notes: Sequence[Note], seconds: float, z: Z, changed_z: Z, codec: Codec, changes: Changes
) -> Score:
    """The notes of a piece once its latent has changed; see the module.

    A piece without notes gets none: there is nothing that could play them.

    Args:
        notes: those of the piece, by their starts.
        seconds: how long it is.
        z: its latent, ``[windows, 120]``.
        changed_z: what it has become ...
        codec: the networks.
        changes: ... by these changes.
    """
    if not notes:
        return Score([], 0, 0, 0)
    order = changes.order(len(z))
    notes, moved_z = reordered(notes, order, seconds), z[order]
    if np.array_equal(moved_z[:, :SCORE], changed_z[:, :SCORE]):
        return Score(notes, len(notes), 0, 0)
    before, after = (codec.score(it) for it in (moved_z, changed_z))
    own = roll_of(notes, seconds)
    logits = _bounded(after) - _bounded(before) + SETTINGS.sure * (2 * own - 1)
    mixed = _mixed(own[..., STRUCK].sum(axis=(1, 2)), changes, codec)
    counts = _counts(mixed, expected(codec.score(changes.blended(z))), expected(after))
    cells, beyond = _cells(notes, len(z) * WINDOW_STEPS)
    found = likeliest(logits, counts, most_at_once=_most_at_once(own))
    return _score(notes, seconds, found, cells, beyond, (Lengths(before), Lengths(after)))


def reordered(notes: Sequence[Note], order: NDArray[np.int64], seconds: float) -> list[Note]:
    """The notes of a piece whose windows have changed places, by their starts.

    Each goes with the window in which it begins. Those beyond the end are left out.
    """
    places = np.argsort(order)
    found = []
    for it in notes:
        window = min(max(step_of(it.start), 0) // WINDOW_STEPS, len(places) - 1)
        later = float(places[window] - window) * WINDOW_SECONDS
        moved = (
            replace(it, start=it.start + later, end=min(it.end + later, seconds)) if later else it
        )
        if moved.end > moved.start:
            found.append(moved)
    return sorted(found)


def _bounded(logits: Roll) -> Roll:
    return np.clip(logits, -SETTINGS.most_logit, SETTINGS.most_logit)


def _mixed(strokes: NDArray[np.float32], changes: Changes, codec: Codec) -> Values:
    """How many strokes each window would have if numbers were mixed as latents are, ``[windows]``.

    Args:
        strokes: how many it has, ``[windows]``.
        changes: how latents are mixed: flattened, and moved towards another.
        codec: the networks, which say how many that one has.
    """
    found: Values = strokes.astype(np.float64)
    found += changes.flatten * (found.mean() - found)
    if changes.towards is not None and changes.towards_amount:
        goal = np.array(changes.towards, np.float32)[None]
        found += changes.towards_amount * (expected(codec.score(goal)) - found)
    return found


def _counts(counts: Values, then: Values, now: Values) -> NDArray[np.int64]:
    """How many strokes each window is to have, ``[windows]``.

    They change by the factor by which what is expected does, so that an empty score is empty. But
    where many more are expected than there are, no factor makes a crowd of a window of which the
    decoder knew little: as many are added as are expected more.

    Args:
        counts: how many there would be.
        then: how many were expected of that.
        now: how many are expected.
    """
    factor = counts / np.maximum(then, 1e-9)
    fewer = factor * now
    more = np.minimum(
        counts + (now - then) * np.maximum(factor, 1), SETTINGS.most_times * (counts + 1)
    )
    return np.asarray(np.rint(np.where(now < then, fewer, more)), np.int64)


def _most_at_once(own: Roll) -> int:
    """The most keys that are struck in one step: a single voice stays one."""
    return max(int(own[..., STRUCK].sum(axis=2).max()), 1)


def _cells(notes: Sequence[Note], steps: int) -> tuple[Cells, list[Note]]:
    """The notes by step and key; and those that no roll holds, which stay as they are."""
    cells: Cells = defaultdict(list)
    beyond = []
    for it in notes:
        step, key = step_of(it.start), round(it.pitch)
        if 0 <= key - LOWEST < N_KEYS and 0 <= step < steps:
            cells[step, key].append(it)
        else:
            beyond.append(it)
    return cells, beyond


def _score(
    notes: Sequence[Note],
    seconds: float,
    found: Sequence[Struck],
    cells: Cells,
    beyond: Sequence[Note],
    lengths: tuple[Lengths, Lengths],
) -> Score:
    """Notes for the strokes: the piece's own where it has them."""
    near = Near(notes)
    kept, new = list(beyond), []
    for it in found:
        if (it.step, it.key) in cells:
            factor = lengths[1].of(it.step, it.key) / lengths[0].of(it.step, it.key)
            kept += [_lasting(own, factor, seconds) for own in cells[it.step, it.key]]
        elif it.step < seconds * STEPS_PER_SECOND:
            new.append(near.note(it, seconds))
    played = sorted([*kept, *new])
    if new or len(kept) < len(notes):
        played = _apart(played, single=_is_single(notes))
    own = {(it.start, it.pitch) for it in notes}
    stay = sum((it.start, it.pitch) in own for it in played)
    return Score(played, stay, len(played) - stay, len(notes) - stay)


def _lasting(note: Note, factor: float, seconds: float) -> Note:
    """An own note, as it is unless its length is decoded otherwise than it was."""
    if 1 / SETTINGS.other_length <= factor <= SETTINGS.other_length:
        return note
    if factor > 1:
        return replace(note, end=max(note.end, min(note.start + factor * note.seconds, seconds)))
    shorter = max(factor * note.seconds, SETTINGS.shortest_seconds)
    return replace(note, end=min(note.end, note.start + shorter))


class Near:
    """The notes of a piece, from which new ones take what no roll says.

    Args:
        notes: by their starts.
    """

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes
        self._starts: Values = np.array([it.start for it in notes])
        self._pitches: Values = np.array([it.pitch for it in notes])
        self._usual = 0.1  # the level of a note where there is none; all are as loud then

    def note(self, stroke: Struck, seconds: float) -> Note:
        """A note for a stroke: on an onset of the piece, if there is one in that step.

        Its level is that of the own note that is nearest in time and pitch, and so is its tuning.
        """
        step = 1 / STEPS_PER_SECOND
        start, level, tuning = stroke.step * step, self._usual, 0.0
        if len(self._notes):
            apart = np.abs(self._starts - start)
            nearest = int(apart.argmin())
            if apart[nearest] <= step / 2:
                start = float(self._starts[nearest])
            distance = apart / SETTINGS.near_seconds
            distance = distance + np.abs(self._pitches - stroke.key) / SETTINGS.near_semitones
            like = self._notes[int(distance.argmin())]
            level, tuning = like.level, like.pitch - round(like.pitch)
        end = min(start + max(stroke.steps * step, SETTINGS.shortest_seconds), seconds)
        return Note(start, max(end, start + 1e-3), stroke.key + tuning, level, 0.5)


def _is_single(notes: Sequence[Note]) -> bool:
    """Whether hardly two notes sound at once."""
    ordered = sorted(notes)
    sounding = sum(it.seconds for it in ordered)
    over = sum(max(min(a.end, b.end) - b.start, 0.0) for a, b in pairwise(ordered))
    return over <= SETTINGS.overlapping * max(sounding, 1e-9)


def _apart(notes: Sequence[Note], *, single: bool) -> list[Note]:
    """The notes, by their starts, each of which ends where its key is struck again; that of a
    single voice, where the next note begins.
    """
    found: list[Note] = []
    following: dict[int, float] = {}
    for it in reversed(notes):
        key = 0 if single else round(it.pitch)
        end = min(it.end, following.get(key, np.inf))
        if end - it.start >= SETTINGS.shortest_seconds or end == it.end:
            found.append(it if end == it.end else replace(it, end=end))
            following[key] = it.start
    return found[::-1]
