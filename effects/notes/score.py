"""The notes of a clip whose score is known, as a MIDI file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from effects.midi.presses import presses
from effects.notes import partials
from effects.notes.basic_pitch import at_model_rate
from effects.notes.note import Note, NoteEvent
from effects.signal.arrays import Mono

#: A score whose last note begins later than this after the clip's end belongs to another clip. Not
#: searched.
LATEST_SECONDS = 0.5
#: Notes with a level below this share of the clip's peak, -60 dB, are left out as inaudible. Not
#: searched.
QUIET = 1e-3
#: A score with more notes is not used: to measure each costs 4 ms, and more where many sound
#: together. Not searched; twenty notes a second for three minutes.
MAX_NOTES = 4000


def read_notes(path: Path, audio: Mono, sample_rate: float) -> list[Note] | None:
    """The notes of a MIDI file, measured in the clip that plays them.

    Args:
        path: the file.
        audio: the clip, ``[samples]``. At `basic_pitch.RATE` it is not resampled.
        sample_rate: its rate in Hz.

    Returns:
        None if the file cannot be read, has no notes, has more than `MAX_NOTES`, or is the score
        of another clip.
    """
    events = note_events(path)
    seconds = audio.size / sample_rate
    if not 0 < len(events) <= MAX_NOTES:
        return None
    if max(it.start for it in events) > seconds + LATEST_SECONDS:
        return None
    clip = at_model_rate(audio, sample_rate)
    least = QUIET * float(np.abs(clip).max(initial=0))
    return [
        Note(it.start, it.end, float(it.key), found.level, it.confidence)
        for it, found in zip(events, partials.measure(clip, events), strict=True)
        if found.level > least
    ]


def note_events(path: Path) -> list[NoteEvent]:
    """The notes of a MIDI file in the order of their beginnings; none if it cannot be read.

    A note that is not released ends with the file, or where its key is pressed again.
    """
    try:
        return [NoteEvent(it.key, it.start, it.end) for it in presses(path)]
    except (OSError, ValueError):
        return []
