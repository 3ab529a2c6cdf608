"""Pieces to morph, of notes and strokes without any sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.engines.sampler.strokes import Stroke
from effects.morphing.piece import Piece
from effects.notes.note import Note
from effects.warping.timeline import Passage, Timeline

RATE = 8000.0
SECONDS = 8.0
MAJOR = (0, 2, 4, 5, 7, 9, 11)
KICK, SNARE = (0.0, -20.0, -25.0), (-20.0, -3.0, -3.0)
OWN_TIMES = (Timeline((Passage(np.array([0, SECONDS]), np.array([0, SECONDS])),)),) * 2


def piece(notes: Sequence[Note] = (), strokes: Sequence[Stroke] = ()) -> Piece:
    """A piece that has these, and nothing that plays them."""
    silence = np.zeros((1, round(SECONDS * RATE)), np.float32)
    return Piece("a piece", silence, RATE, "notes", notes, strokes, None, None, None)


def melody(seed: int, *, voices: int = 1, low: int = 55, key: int = 0) -> list[Note]:
    """A tune in a major key, drawn from a seed, with chords of up to so many notes."""
    draw = np.random.default_rng(seed)
    keys = [it for it in range(low, low + 20) if (it - key) % 12 in MAJOR]
    found, now, slot = [], 0.1, draw.uniform(0.2, 0.35)
    while now < SECONDS - 1.0:
        length = slot * draw.choice((1, 1, 2, 3))
        for pitch in draw.choice(keys, draw.integers(1, voices + 1), replace=False):
            level = float(draw.uniform(0.02, 0.2))
            found.append(Note(now, now + 0.95 * length, float(pitch), level, 1.0))
        now += length
    return sorted(found)


def groove(seed: int) -> list[Stroke]:
    """Kicks, snares and rests on a grid, drawn from a seed."""
    draw = np.random.default_rng(seed)
    slot = draw.uniform(0.15, 0.25)
    found = []
    for start in np.arange(0.05, SECONDS - 0.5, slot).tolist():
        if draw.random() < 0.7:
            kick = draw.random() < 0.5
            level = float(draw.uniform(0.02, 0.2))
            colour, pitch = (KICK, 40.0) if kick else (SNARE, 80.0)
            found.append(Stroke(start, start + slot, pitch, level, 1.0, colour, 1.0))
    return found
