"""Notes on a scale of semitones: a clip has one tuning, and few notes are meant between keys.

Notes are measured to a few cents, short ones less well. An instrument's own notes are some cents
off here and there, which belongs to its sound; what is played is keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from effects.notes.note import Note

#: How well the notes must agree on a tuning, from 0 (not at all) to 1: the length of the mean in
#: `tuning`. From the first design that worked; tuning as such changed little (docs/quality.md: LSD
#: 0.614 to 0.610).
AGREED = 0.3


def tuning(notes: Sequence[Note]) -> float | None:
    """How far the notes lie above whole MIDI numbers, from -0.5 to 0.5; None if they disagree.

    0.49 above one key is nearly 0.49 below the next, so the mean is taken on a circle that is a
    semitone round: the pitch p is the point exp(2πi p), the same for all keys. The angle of the
    points' mean, weighted by duration, is the tuning; its length, 0 to 1, tells how alike the
    points are.
    """
    if not notes:
        return None
    points = np.exp(2j * np.pi * np.array([it.pitch for it in notes]))
    mean = np.average(points, weights=[max(it.seconds, 1e-3) for it in notes])
    return None if abs(mean) < AGREED else float(np.angle(mean)) / (2 * np.pi)


def in_tune(notes: Sequence[Note]) -> list[Note]:
    """The notes, each at its key's pitch in the clip's tuning; unchanged if the clip has none."""
    offset = tuning(notes)
    if offset is None:
        return list(notes)
    return [replace(it, pitch=round(it.pitch - offset) + offset) for it in notes]
