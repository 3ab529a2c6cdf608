"""Notes that always come together are one sound.

A transcription may write down a part of a note as a note of its own: the higher rank of an organ or
an accordion, or a strong partial of a bell. When the notes of a clip are cut out, these have to
stay with the notes below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from effects.notes.note import Note


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched. On an accordion, the case
    they were made for, joining such notes brought 10.7 dB down to 9.4 dB (docs/quality.md).
    """

    #: Notes that start within this many seconds come together.
    together_seconds: float = 0.06
    #: Smallest interval of a doubling in semitones. Smaller ones, seconds to fourths, are chords.
    least_interval: float = 6.0
    #: How much the interval may vary, in semitones.
    tolerance: float = 0.7
    #: The interval is a doubling if more than this share of the other notes, by duration, has a
    #: note at that interval above, ...
    share: float = 0.4
    #: ... and at least this many notes have one.
    fewest: int = 3


SETTINGS = Settings()


def fused(notes: Sequence[Note]) -> list[Note]:
    """The notes without those that double most of the others at the same interval above."""
    kept = list(notes)
    while (interval := _interval(kept)) is not None:
        above = {high for _, high, it in _pairs(kept) if abs(it - interval) <= SETTINGS.tolerance}
        kept = [note for place, note in enumerate(kept) if place not in above]
    return kept


def _interval(notes: Sequence[Note]) -> float | None:
    """The interval at which most notes are doubled from above; None if there is no doubling."""
    pairs = _pairs(notes)
    best, share = None, SETTINGS.share
    for candidate in {round(interval * 2) / 2 for _, _, interval in pairs}:
        alike = [it for it in pairs if abs(it[2] - candidate) <= SETTINGS.tolerance]
        low, high = {it[0] for it in alike}, {it[1] for it in alike}
        others = [place for place in range(len(notes)) if place not in high]
        seconds = sum(notes[place].seconds for place in others)
        found = sum(notes[place].seconds for place in others if place in low) / max(seconds, 1e-9)
        if len(low) >= SETTINGS.fewest and found > share:
            best, share = float(np.median([it[2] for it in alike])), found
    return best


def _pairs(notes: Sequence[Note]) -> list[tuple[int, int, float]]:
    """Pairs of notes that start together: the indices of the lower and the higher, the interval."""
    return [
        (low, high, notes[high].pitch - notes[low].pitch)
        for low in range(len(notes))
        for high in range(len(notes))
        if abs(notes[high].start - notes[low].start) <= SETTINGS.together_seconds
        and notes[high].pitch - notes[low].pitch >= SETTINGS.least_interval
    ]
