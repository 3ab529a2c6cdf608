"""Notes on a scale of semitones: a clip is tuned as a whole, and few notes are meant between keys.

A note is measured to a few cents, less well where it is short, and an instrument's own notes are
some cents off here and there, which belongs to its sound. What is played is keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from effects.notes.note import Note

AGREED = 0.3  # resultant length of the notes' places between keys, from 0 to 1: less is no tuning


def in_tune(notes: Sequence[Note]) -> list[Note]:
    """The notes, each at its key's pitch in the tuning of the whole; as they are, if there is none.

    The tuning is the circular mean of the pitches modulo one semitone, weighted by duration.
    """
    if not notes:
        return []
    turns = np.exp(2j * np.pi * np.array([it.pitch for it in notes]))
    mean = np.average(turns, weights=[max(it.seconds, 1e-3) for it in notes])
    if abs(mean) < AGREED:
        return list(notes)
    offset = float(np.angle(mean)) / (2 * np.pi)
    return [replace(it, pitch=round(it.pitch - offset) + offset) for it in notes]
