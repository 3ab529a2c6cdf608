"""The notes of a clip whose score is known, as a MIDI file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from effects.notes import partials
from effects.notes.basic_pitch import at_model_rate
from effects.notes.note import Note, NoteEvent
from effects.signal.arrays import Mono

LATEST_SECONDS = 0.5  # a file that goes on for longer than the clip is that of another clip
QUIET = 1e-3  # of the clip's peak: notes that cannot be heard are left out


def read_notes(path: Path, audio: Mono, sample_rate: float) -> list[Note] | None:
    """The notes of a MIDI file, measured in the clip that it is the score of.

    Args:
        path: the file.
        audio: the clip, ``[samples]``.
        sample_rate: its rate in Hz.

    Returns:
        None if the file cannot be read, has no notes, or is not that of the clip.
    """
    rough = _events(path)
    seconds = audio.size / sample_rate
    if not rough or max(it.start for it in rough) > seconds + LATEST_SECONDS:
        return None
    clip = at_model_rate(audio, sample_rate)
    least = QUIET * float(np.abs(clip).max(initial=0))
    return [
        Note(it.start, it.end, float(it.key), found.level, 1.0)
        for it, found in zip(rough, partials.measure(clip, rough), strict=True)
        if found.level > least
    ]


def _events(path: Path) -> list[NoteEvent]:
    """Keys and times; none of a file that cannot be read."""
    import mido

    now = 0.0
    down: dict[tuple[int, int], float] = {}
    found: list[NoteEvent] = []
    try:
        for message in mido.MidiFile(path):
            now += message.time
            if message.type not in {"note_on", "note_off"}:
                continue
            key = (message.channel, message.note)
            if key in down:
                found.append(NoteEvent(message.note, down.pop(key), now, 1.0))
            if message.type == "note_on" and message.velocity:
                down[key] = now
    except Exception:  # whatever mido makes of a damaged file, and it makes a lot
        return []
    found += [NoteEvent(note, start, now, 1.0) for (_, note), start in down.items()]
    return sorted((it for it in found if it.end > it.start), key=lambda it: it.start)
