"""Notes that always come together are one sound.

The ranks of an organ or an accordion, the strong partial of a bell: a transcription has them as
notes of their own. In a clip whose notes are to be cut out, they belong to the notes below them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.notes.note import Note

TOGETHER_SECONDS = 0.06  # between the beginnings of notes that come together
LEAST_INTERVAL = 6.0  # semitones: seconds to fourths are chords
TOLERANCE = 0.7  # semitones, by which the interval may vary
SHARE = 0.4  # of the notes that the interval could be above, by duration
FEWEST = 3


def fused(notes: Sequence[Note]) -> list[Note]:
    """The notes without those that are, at one interval, above most of the others."""
    kept = list(notes)
    while (interval := _interval(kept)) is not None:
        above = {high for _, high, it in _pairs(kept) if abs(it - interval) <= TOLERANCE}
        kept = [note for place, note in enumerate(kept) if place not in above]
    return kept


def _interval(notes: Sequence[Note]) -> float | None:
    """The interval at which most notes have another above them; None if there is none."""
    pairs = _pairs(notes)
    best, share = None, SHARE
    for candidate in {round(interval * 2) / 2 for _, _, interval in pairs}:
        alike = [it for it in pairs if abs(it[2] - candidate) <= TOLERANCE]
        low, high = {it[0] for it in alike}, {it[1] for it in alike}
        others = [place for place in range(len(notes)) if place not in high]
        seconds = sum(notes[place].seconds for place in others)
        found = sum(notes[place].seconds for place in others if place in low) / max(seconds, 1e-9)
        if len(low) >= FEWEST and found > share:
            best, share = float(np.median([it[2] for it in alike])), found
    return best


def _pairs(notes: Sequence[Note]) -> list[tuple[int, int, float]]:
    """The places of two notes that begin together, the lower first, and their interval."""
    return [
        (low, high, notes[high].pitch - notes[low].pitch)
        for low in range(len(notes))
        for high in range(len(notes))
        if abs(notes[high].start - notes[low].start) <= TOGETHER_SECONDS
        and notes[high].pitch - notes[low].pitch >= LEAST_INTERVAL
    ]
