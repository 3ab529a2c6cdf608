"""A drum kit as an instrument, and which of its sounds plays which stroke.

A grain of a kit has the brightness of a stroke in place of a pitch. Rank decides which grain plays
what: the lowest tenth of what the content plays goes to the lowest tenth of what the style plays,
and so on. So a bass line becomes a bass drum, and the kick of a kit becomes the lowest notes of a
piano.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from effects.engines.sampler.instrument import SETTINGS as INSTRUMENT
from effects.engines.sampler.instrument import Grain, Instrument
from effects.engines.sampler.strokes import SETTINGS as STROKES
from effects.notes.note import Note
from effects.signal.arrays import Mono


def kit(audio: Mono, sample_rate: float, found: Sequence[Note]) -> Instrument | None:
    """The strokes of a clip as an instrument; None if there are none."""
    lead = round(INSTRUMENT.lead_seconds * sample_rate)
    grains = []
    for stroke in found:
        start = max(round(stroke.start * sample_rate) - lead, 0)
        stop = round(stroke.end * sample_rate) - lead  # leaves the next stroke its lead
        if stop > start:
            own = round(stroke.start * sample_rate) - start
            sound = audio[start:stop].copy()
            grains.append(Grain(stroke.pitch, stroke.level, stroke.seconds, 1.0, own, sound))
    return Instrument(sample_rate, INSTRUMENT.usual_release_db, grains) if grains else None


def merged(notes: Sequence[Note]) -> list[Note]:
    """One stroke for the notes that start together, with their mean pitch and summed power."""
    starts: list[float] = []
    for note in sorted(notes):
        new = not starts or note.start - starts[-1] > STROKES.together_seconds
        starts.append(note.start if new else starts[-1])
    groups = groupby(zip(starts, sorted(notes), strict=True), key=lambda pair: pair[0])
    found = []
    for start, pairs in groups:
        chord = [note for _, note in pairs]
        level = float(np.sqrt(sum(it.level**2 for it in chord)))
        pitch = float(np.mean([it.pitch for it in chord]))
        found.append(Note(start, max(it.end for it in chord), pitch, level, 1.0))
    return found


def by_rank(played: Sequence[Note], instrument: Instrument, longest_seconds: float) -> list[Note]:
    """The content's strokes, with the pitches and lengths of the grains of the same rank.

    Args:
        played: what the content plays.
        instrument: what plays it.
        longest_seconds: longer strokes are cut.
    """
    if not played:
        return []
    grains = sorted(instrument.grains, key=lambda it: it.pitch)
    pitches = np.array([it.pitch for it in played])
    order = np.sort(pitches)
    found = []
    for note in played:
        below, upto = (
            np.searchsorted(order, note.pitch, "left"),
            np.searchsorted(order, note.pitch, "right"),
        )
        rank = (below + upto) / 2 / len(order)
        grain = grains[min(int(rank * len(grains)), len(grains) - 1)]
        end = note.start + min(grain.seconds, longest_seconds)
        found.append(replace(note, end=end, pitch=grain.pitch))
    return found
