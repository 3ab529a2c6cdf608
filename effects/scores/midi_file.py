"""Scores as MIDI files: written to be corrected in a sequencer, and read again.

| track          | channel |                                                                |
|----------------|---------|----------------------------------------------------------------|
| the first      |         | tempo and meter, if beats were heard; else 120 BPM             |
| notes          | 1       | keys, velocities by `effects.scores.velocity`                  |
| unsure notes   | 2       | what may be no note (`effects.scores.parts.UNSURE`)            |
| drums          | 10      | the keys of General MIDI                                       |
| unsure strokes | 10      |                                                                |

The file begins with the stem and is as long. What lies between keys is lost: a pitch bend would
bend all notes of its channel. When such a score is played with its stem, notes that were not
touched have their pitches back, and others are in tune with them.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from effects.midi.messages import PERCUSSION_CHANNEL
from effects.midi.presses import Press, presses
from effects.scores.parts import ScoreNote, ScoreStroke
from effects.scores.pulse import Pulse
from effects.scores.tempo_map import TICKS, TempoMap
from effects.scores.velocity import level_of, velocity

if TYPE_CHECKING:
    from mido import Message, MetaMessage, MidiTrack

#: How long the keys of drums are held, in seconds: they ring as long as they do. Not searched.
STROKE_SECONDS = 0.05
#: Shorter notes are held so long, in seconds, so that they can be seen. Not searched.
LEAST_SECONDS = 0.01
#: A key is let go so long before it is pressed again, in seconds: what several tracks have at one
#: moment comes in any order. Two ticks at 60 BPM.
GAP_SECONDS = 0.002
_NOTES, _UNSURE_NOTES, _DRUMS = 0, 1, PERCUSSION_CHANNEL  # channels


def to_bytes(
    notes: Sequence[ScoreNote],
    strokes: Sequence[ScoreStroke],
    pulse: Pulse | None,
    seconds: float,
) -> bytes:
    """A MIDI file of format 1, with the beats of ``pulse``, ``seconds`` long."""
    from mido import MidiFile

    times = TempoMap.of(pulse)
    keys, drums = pressed(notes, strokes)
    held = [it for it in [*keys, *drums] if it is not None]
    end = times.tick(max([seconds, *(it.end for it in held)]))
    sure = [it for it, found in zip(drums, strokes, strict=True) if it and not found.unsure]
    unsure = [it for it, found in zip(drums, strokes, strict=True) if it and found.unsure]
    tracks = [_first_track(times, end)]
    for name, which in (
        ("notes", [it for it in held if it.channel == _NOTES]),
        ("unsure notes", [it for it in held if it.channel == _UNSURE_NOTES]),
        ("drums", sure),
        ("unsure strokes", unsure),
    ):
        if which:
            tracks.append(_track(name, which, times, end))
    buffer = io.BytesIO()
    MidiFile(type=1, ticks_per_beat=TICKS, tracks=tracks).save(file=buffer)
    return buffer.getvalue()


def pressed(
    notes: Sequence[ScoreNote], strokes: Sequence[ScoreStroke]
) -> tuple[list[Press | None], list[Press | None]]:
    """The keys that a file has for each note and each stroke; None for what it cannot hold.

    A key of a channel can be held once at a time: where it is pressed again, it is released.
    """
    keys = [
        Press(
            max(it.start, 0.0),
            max(it.end, it.start + LEAST_SECONDS),
            it.key,
            velocity(it.level_db),
            _UNSURE_NOTES if it.unsure else _NOTES,
        )
        for it in notes
    ]
    drums = [
        Press(max(it.start, 0.0), it.start + STROKE_SECONDS, it.key, velocity(it.level_db), _DRUMS)
        for it in strokes
    ]
    return _once_at_a_time(keys), _once_at_a_time(drums)


def read(
    path: str | os.PathLike[str],
) -> tuple[tuple[ScoreNote, ...], tuple[ScoreStroke, ...]]:
    """The notes and strokes of a file: on channel 10 are strokes, on all others notes.

    Raises:
        FileNotFoundError, IsADirectoryError, OSError: there is no such file to be read.
        ValueError: it is no MIDI file, or has neither.
    """
    found = presses(path)
    if not found:
        raise ValueError(f"{os.fspath(path)} has no notes: there is nothing to play.")
    notes = [it for it in found if it.channel != _DRUMS]
    strokes = [it for it in found if it.channel == _DRUMS]
    return (
        tuple(ScoreNote(it.start, it.end, float(it.key), level_of(it.velocity)) for it in notes),
        tuple(ScoreStroke(it.start, it.key, level_of(it.velocity)) for it in strokes),
    )


def _once_at_a_time(wanted: Sequence[Press]) -> list[Press | None]:
    """Each until its key is pressed again; None for what would have no time."""
    nearest: dict[tuple[int, int], float] = {}
    found: list[Press | None] = [None] * len(wanted)
    for number in sorted(range(len(wanted)), key=lambda it: wanted[it].start, reverse=True):
        it = wanted[number]
        end = min(it.end, nearest.get((it.channel, it.key), math.inf) - GAP_SECONDS)
        if end - it.start >= GAP_SECONDS:
            found[number] = it._replace(end=end)
            nearest[it.channel, it.key] = it.start
    return found


def _first_track(times: TempoMap, end: int) -> MidiTrack:
    """Tempo and meter."""
    from mido import MetaMessage

    tempi = [(it.tick, MetaMessage("set_tempo", tempo=it.tempo)) for it in times.tempi]
    bars = [
        (
            it.tick,
            MetaMessage("time_signature", numerator=it.numerator, denominator=it.denominator),
        )
        for it in times.bars
    ]
    within = [it for it in [*bars, *tempi] if it[0] <= end]
    return _made("heard by Restyle", within, end)


def _track(name: str, held: Sequence[Press], times: TempoMap, end: int) -> MidiTrack:
    from mido import Message

    timed = []
    for it in held:
        start = times.tick(it.start)
        on = Message("note_on", note=it.key, velocity=it.velocity, channel=it.channel)
        off = Message("note_off", note=it.key, channel=it.channel)
        timed += [(start, on), (max(times.tick(it.end), start + 1), off)]
    return _made(name, timed, end)


def _made(name: str, timed: Sequence[tuple[int, Message | MetaMessage]], end: int) -> MidiTrack:
    """A track of (tick, message); of one moment, keys are released before others are pressed."""
    from mido import MetaMessage, MidiTrack

    track, now = MidiTrack([MetaMessage("track_name", name=name)]), 0
    for tick, message in sorted(timed, key=lambda it: (it[0], it[1].type == "note_on")):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(MetaMessage("end_of_track", time=max(end - now, 0)))
    return track
