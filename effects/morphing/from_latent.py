"""The score of a middle as the latent has it.

With D for the decoder, z_A and z_B for the latents of both pieces' notes on the result's time, and
z_X = (1 - X) z_A + X z_B, the logits of the middle's strokes are

    D(z_X) + (1 - X) (a - D(z_A)) + X (b - D(z_B)),

where a and b are the pieces' own strokes, as sure as what is heard. So what the latent forgot of
each is carried over, and at X = 0 and 1 these are A's strokes and B's. Of each window the N
likeliest strokes are taken, where N is between what A and B have there: logits half way are unsure,
and a threshold would leave a seventh of the strokes (shared measurement).

What is sure wins as soon as X is beyond a half: at 1/4, hardly a stroke would be B's. So A and B
take turns, as in `effects.morphing.onsets`: if it is B's turn from h on, X counts for x, where

    logit(x) = logit(X) - logit(h),

so that x is 1/2 at X = h, and 0 and 1 where X is.

A stroke that A or B has is their note, at its own onset. One that neither has is the latent's: it
begins with an onset of A or B if there is one in its step, and is as loud as the nearest notes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from effects.latent.codec import TIMBRE, Codec
from effects.latent.likeliest import Struck, likeliest
from effects.latent.roll import (
    LOWEST,
    N_KEYS,
    STEPS_PER_SECOND,
    STRUCK,
    WINDOW_STEPS,
    Roll,
    roll_of,
    step_of,
)
from effects.morphing.at import At
from effects.morphing.levels import difference_db, level_between
from effects.morphing.middle import Between
from effects.morphing.onsets import Placed, placed
from effects.morphing.piece import Piece
from effects.morphing.tidied import tidied
from effects.morphing.turns import Turns
from effects.notes.note import Note
from effects.signal.arrays import Values
from effects.warping.timeline import Timeline


@dataclass(frozen=True)
class Settings:
    """The numbers of this module; not searched, unless a comment says more."""

    #: The logit of a note that was heard: odds of 90 to 1 that it is there. Of 3, 4.5 and 6, on
    #: scores that training did not see, with weights half trained: what both have is kept in 97.6,
    #: 99.7 and 99.9 %, and half way 41, 25 and 12 % of the notes are new ones that neither has.
    sure: float = 4.5
    #: Decoded logits are taken for no farther from 0 than this.
    most_logit: float = 6.0
    #: What a moved note adds to its stroke's logit: as much as a note that was heard.
    bonus: float = 4.5
    #: The note that is nearest to a stroke: so many seconds are as far as ...
    near_seconds: float = 0.5
    #: ... so many semitones.
    near_semitones: float = 6.0


SETTINGS = Settings()
Notes = Sequence[Placed[Note]]
Cell = tuple[int, int]
"""A step and a key, as a MIDI number."""


def from_latent(
    a: Piece,
    b: Piece,
    at: At,
    times: tuple[Timeline, Timeline],
    moved: Sequence[Between] | None,
    codec: Codec,
    seed: int = 0,
) -> list[Between]:
    """The notes between those of A and B that the latent has for likely, by their starts.

    Args:
        a: a piece, ...
        b: ... and another.
        at: how far from A to B.
        times: where in the result A's and B's moments come.
        moved: notes of the middle that are favoured (the method "both"); None for the latent alone.
        codec: the networks.
        seed: draws whose turn it is first.
    """
    both = placed(a.notes, times[0]), placed(b.notes, times[1])
    seconds = max((it.note.end for notes in both for it in notes), default=0.0)
    if not seconds:
        return []
    rolls = [roll_of([it.note for it in notes], seconds) for notes in both]
    x = at(np.arange(len(rolls[0]) * WINDOW_STEPS) / STEPS_PER_SECOND)
    x = x.reshape(-1, WINDOW_STEPS)
    starts = [[it.note.start for it in notes] for notes in both]
    in_turns = _in_turns(x, Turns(starts[0], starts[1], seed))
    logits = _logits((rolls[0], rolls[1]), in_turns, codec)
    if moved:
        logits += SETTINGS.bonus * roll_of([it.note for it in moved], seconds)
    strokes = [it[..., STRUCK].sum(axis=2) for it in rolls]
    counts = _counts((strokes[0], strokes[1]), x, in_turns)
    found = likeliest(logits, counts, most_at_once=max(int(it.max()) for it in strokes))
    middle = _Middle(both, at).notes(found)
    return tidied(middle, *([it.note for it in notes] for notes in both))


def _in_turns(x: Values, turns: Turns) -> Values:
    """What X counts for in each step, ``[windows, 32]``, as X is given; see the module."""
    seconds = np.arange(x.size) / STEPS_PER_SECOND
    half = np.array([turns.threshold(float(it)) for it in seconds]).reshape(x.shape)
    return np.asarray(x * (1 - half) / (x * (1 - half) + (1 - x) * half))


def _logits(rolls: tuple[Roll, Roll], x: Values, codec: Codec) -> Roll:
    """See the module; ``x``: what X counts for in each step."""
    z = [codec.encode_score(it) for it in rolls]
    mean = x.mean(axis=1).astype(np.float32)[:, None]
    between, *own = (_decoded(it, codec) for it in ((1 - mean) * z[0] + mean * z[1], *z))
    each = x.astype(np.float32)[:, :, None, None]
    shares = 1 - each, each
    for share, roll, decoded in zip(shares, rolls, own, strict=True):
        between = between + share * (SETTINGS.sure * (2 * roll - 1) - decoded)
    return between


def _decoded(z: NDArray[np.float32], codec: Codec) -> Roll:
    silent = np.zeros((len(z), TIMBRE), np.float32)
    found = codec.score(np.concatenate([z, silent], axis=1))
    return np.clip(found, -SETTINGS.most_logit, SETTINGS.most_logit)


def _counts(strokes: tuple[Values, Values], x: Values, in_turns: Values) -> NDArray[np.int64]:
    """How many strokes each window has, ``[windows]``; what is rounded away goes to the next.

    All together, they are as many as X says; who has them where, the turns say.

    Args:
        strokes: of A and of B, in each step, ``[windows, 32]``.
        x: X.
        in_turns: what X counts for.
    """
    total, wanted = (((1 - it) * strokes[0] + it * strokes[1]).sum(axis=1) for it in (x, in_turns))
    wanted = wanted * (total.sum() / max(float(wanted.sum()), 1e-9))
    return np.asarray(np.diff(np.rint(np.cumsum(wanted)).astype(np.int64), prepend=0))


class _Middle:
    """The notes of both pieces, from which strokes become notes.

    Args:
        both: A's and B's, on the result's time.
        at: how far from A to B.
    """

    def __init__(self, both: tuple[Notes, Notes], at: At) -> None:
        self._both, self._at = both, at
        self._cells = tuple(map(_by_cell, both))
        self._louder_db = difference_db(*([it.own for it in notes] for notes in both))

    def notes(self, found: Iterable[Struck]) -> list[Between]:
        """A note for each stroke, by their starts."""
        made = [it for stroke in found for it in self._of(stroke)]
        return sorted(made, key=lambda it: it.note.start)

    def _of(self, stroke: Struck) -> list[Between]:
        """The notes of a stroke: mostly one, but a piece may have several in one step and key."""
        now = float(self._at(stroke.step / STEPS_PER_SECOND))
        own = [it.get((stroke.step, stroke.key), []) for it in self._cells]
        if not any(own):
            return [self._invented(stroke, now)]
        side = int(now >= 0.5) if all(own) else int(not own[0])
        return [self._heard(it, next(iter(own[1 - side]), None), side, now) for it in own[side]]

    def _heard(
        self, it: Placed[Note], other: Placed[Note] | None, side: int, now: float
    ) -> Between:
        """A note of A (``side`` 0) or B (1), which the other piece may have, too."""
        a, b = (it, other) if side == 0 else (other, it)
        note = it.note
        if now not in (0.0, 1.0):
            level = level_between(
                a.own.level if a else None, b.own.level if b else None, now, self._louder_db
            )
            note = replace(note, level=level)
            if a and b:
                seconds = (1 - now) * a.note.seconds + now * b.note.seconds
                pitch = (1 - now) * a.note.pitch + now * b.note.pitch
                note = replace(note, pitch=pitch, end=note.start + seconds)
        return Between(note, now, a.own if a else None, b.own if b else None)

    def _invented(self, stroke: Struck, now: float) -> Between:
        """A note that neither has."""
        start = self._onset(stroke.step / STEPS_PER_SECOND, now)
        near = [_nearest(notes, start, stroke.key) for notes in self._both]
        a, b = (it.own.level if it else None for it in near)
        off = [it.note.pitch - round(it.note.pitch) if it else 0.0 for it in near]
        note = Note(
            start=start,
            end=start + stroke.steps / STEPS_PER_SECOND,
            pitch=stroke.key + (1 - now) * off[0] + now * off[1],
            level=level_between(a, b, now, self._louder_db),
            confidence=0.5,
        )
        return Between(note, now, None, None)

    def _onset(self, start: float, now: float) -> float:
        """The onset of A or B in the step around ``start``: that of the nearer piece, if both have
        some; ``start`` if none has.
        """
        for side in (0, 1) if now < 0.5 else (1, 0):
            starts = [it.note.start for it in self._both[side]]
            nearest = min(starts, key=lambda it: abs(it - start), default=np.inf)
            if abs(nearest - start) <= 0.5 / STEPS_PER_SECOND:
                return nearest
        return start


def _by_cell(notes: Notes) -> Mapping[Cell, list[Placed[Note]]]:
    cells: dict[Cell, list[Placed[Note]]] = defaultdict(list)
    for it in notes:
        if 0 <= round(it.note.pitch) - LOWEST < N_KEYS:
            cells[step_of(it.note.start), round(it.note.pitch)].append(it)
    return cells


def _nearest(notes: Notes, start: float, key: int) -> Placed[Note] | None:
    def apart(it: Placed[Note]) -> float:
        seconds = abs(it.note.start - start) / SETTINGS.near_seconds
        return seconds + abs(it.note.pitch - key) / SETTINGS.near_semitones

    return min(notes, key=apart, default=None)
