"""The middle as one sound between the two performances of it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from effects.morphing.at import At
from effects.morphing.colour import coloured
from effects.morphing.ends import share_of_b
from effects.morphing.given import EQUAL_LUFS, Given
from effects.morphing.hybrid import Curve, hybrid
from effects.morphing.middle import Between, Middle, StrokeBetween
from effects.morphing.playing import Part, notes_played, strokes_played
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Sound, Stretches, Values
from effects.signal.loudness import loudness, match_loudness, peak
from effects.signal.units import db_to_amplitude

#: At which fractions of the work notes and strokes are played and mixed. Not measured closely.
NOTES, STROKES, COLOUR = 0.3, 0.6, 0.85

Noted = TypeVar("Noted", Between, StrokeBetween)


def performed(
    middle: Middle, a: Given, b: Given, at: At, samples: int, progress: Progress
) -> Audio:
    """The middle, ``[channels, samples]``, at `EQUAL_LUFS`, and silent if nothing is played.

    Args:
        middle: the score.
        a: a piece.
        b: the other.
        at: how far from A to B.
        samples: of the result.
        progress: of this work.
    """
    rate, shape = a.piece.sample_rate, (len(a.piece.audio), samples)
    at_level = partial(_at_equal_level, a, b)
    notes = notes_played(
        [at_level(it) for it in middle.notes],
        a.piece,
        b.piece,
        shape,
        progress.part(0, NOTES, "playing"),
    )
    strokes = strokes_played(
        [at_level(it) for it in middle.strokes],
        a.piece,
        b.piece,
        shape,
        progress.part(NOTES, STROKES, "playing"),
    )

    def share(seconds: Values) -> Values:
        progress.tick()  # asked for stretch by stretch
        return share_of_b(at(seconds))

    progress.tick(STROKES, "mixing")
    out = np.zeros(shape, np.float32)
    for part, struck in ((notes, False), (strokes, True)):
        if part is not None:
            out += _one(part, rate, share, struck)
    if peak(out) == 0:
        return out
    progress.tick(COLOUR, "mixing")
    match_loudness(out, rate, EQUAL_LUFS, ceiling=math.inf)
    out = coloured(out, a.sound, b.sound, rate, at)
    match_loudness(out, rate, EQUAL_LUFS, ceiling=math.inf)
    return out


def _at_equal_level(a: Given, b: Given, it: Noted) -> Noted:
    """A note beside pieces that are at `EQUAL_LUFS`. Its level is on a scale from A's to B's."""
    lufs = (1 - it.at) * a.lufs + it.at * b.lufs
    level = it.note.level * db_to_amplitude(EQUAL_LUFS - lufs)
    return replace(it, note=replace(it.note, level=level))


def _one(part: Part, rate: float, share: Curve, struck: bool) -> Audio:
    """One sound of two performances, as loud as they are in the mean of dB."""
    if part.alone:
        return np.asarray(part.a[:, :])
    levels = [loudness(it, rate) for it in (part.a, part.b)]
    if not all(math.isfinite(it) for it in levels):  # both are silent, or what is played is cut
        return np.asarray(part.a[:, :])
    x = float(np.mean(share(part.onsets)))
    level = (1 - x) * levels[0] + x * levels[1]
    a, b = (_louder(it, level - own) for it, own in zip((part.a, part.b), levels, strict=True))
    out = hybrid(a, b, rate, share, part.onsets if struck else None)
    match_loudness(out, rate, level, ceiling=math.inf)
    return out


def _louder(sound: Sound, db: float) -> Sound:
    gain = np.float32(db_to_amplitude(db))
    return Stretches(sound.shape, lambda start, stop: gain * sound[:, start:stop])
