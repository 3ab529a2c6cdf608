"""Excerpts of MIDI pieces: the music of Freedoom and of OpenTTD (OpenMSX), by many writers.

Who leads is not marked in them, so it is guessed: a name that says so, or one voice that plays most
of the time, above the bass. Where there is none, distorted guitars lead, as in songs of metal.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import mido
import numpy as np

from benchmarks.training.mashup.charts import BASSES
from benchmarks.training.mashup.events import (
    DRUMS,
    SECONDS,
    Event,
    Excerpt,
    between,
    channels_of,
    of_file,
    with_program,
)
from benchmarks.training.mashup.leads import PROGRAMS

#: Where Debian's packages freedoom and openttd-openmsx put their music.
WADS = tuple(Path("/usr/share/games/doom").glob("freedoom?.wad"))
OPENMSX = Path("/usr/share/games/openttd/baseset/openmsx")
GUITARS = range(26, 32)  # General MIDI's electric guitars
PERCUSSIVE = range(112, 120)  # its programs without a pitch
# Not searched:
LEAST_SOUNDING = 0.35  # of the time a lead plays
LEAST_SINGLE = 0.75  # of that time it plays one note at once
MARKED = ("lead", "melod", "voice", "solo", "vocal", "sax", "flute")
OTHER_PROGRAM = 0.4  # how likely the lead is played by another instrument than the writer's


def pieces() -> Iterator[tuple[str, mido.MidiFile]]:
    """The pieces that are here, with their names; broken files are left out."""
    for path in sorted(WADS):
        yield from _of_wad(path)
    for path in sorted(OPENMSX.glob("*.mid")):
        try:
            yield path.stem, mido.MidiFile(path, clip=True)
        except (OSError, EOFError, ValueError):
            continue


def _of_wad(path: Path) -> Iterator[tuple[str, mido.MidiFile]]:
    """The music in an archive of Doom's: a directory of names, places and sizes."""
    data = path.read_bytes()
    count, directory = struct.unpack_from("<ii", data, 4)
    for number in range(count):
        start, size, name = struct.unpack_from("<ii8s", data, directory + 16 * number)
        if name.startswith(b"D_") and data[start : start + 4] == b"MThd":
            try:
                file = mido.MidiFile(file=io.BytesIO(data[start : start + size]), clip=True)
            except (OSError, EOFError, ValueError):
                continue
            yield name.rstrip(b"\0").decode(), file


def excerpts(
    draw: random.Random, name: str, file: mido.MidiFile, count: int, fonts: Sequence[str]
) -> Iterator[Excerpt]:
    """Up to ``count`` stretches of a piece in which all three parts are heard."""
    events = of_file(file)
    names = _names(file)
    last = events[-1].second if events else 0.0
    for number in range(count):
        start = draw.uniform(0, max(last - SECONDS, 0))
        channels = channels_of(between(events, start, start + SECONDS))
        parts = _parts(draw, channels, names)
        if parts is not None:
            yield Excerpt(f"{name.lower()}-{number}", f"piece {name}", draw.choice(fonts), parts)


def _names(file: mido.MidiFile) -> dict[int, str]:
    """The names of tracks, by the channels that they play."""
    found: dict[int, str] = {}
    for track in file.tracks:
        for message in track:
            if message.type == "note_on":
                found.setdefault(message.channel, track.name.lower())
                break
    return found


def _parts(
    draw: random.Random, channels: dict[int, list[Event]], names: dict[int, str]
) -> dict[str, list[Event]] | None:
    playing = {it: events for it, events in channels.items() if _held(events).any()}
    rhythm = {it for it, events in playing.items() if _is_rhythm(it, events)}
    lead = _lead(playing, rhythm, names)
    if not lead or not rhythm or len(lead) + len(rhythm) == len(playing):
        return None
    parts: dict[str, list[Event]] = {"lead": [], "rhythm": [], "harmony": []}
    program = draw.choice(draw.choice(PROGRAMS)) if draw.random() < OTHER_PROGRAM else None
    for channel, events in playing.items():
        if channel in lead:
            new = program is not None and len(lead) == 1
            parts["lead"] += (
                with_program(events, program) if new and program is not None else events
            )
        else:
            parts["rhythm" if channel in rhythm else "harmony"] += events
    return {it: sorted(events, key=lambda e: e.second) for it, events in parts.items()}


def _lead(channels: dict[int, list[Event]], rhythm: set[int], names: dict[int, str]) -> set[int]:
    """The channel that leads; or those of the guitars; or none."""
    best, best_score = -1, 0.0
    for channel, events in channels.items():
        held = _held(events)
        sounding = float((held > 0).mean())
        single = float((held == 1).sum() / max((held > 0).sum(), 1))
        if channel in rhythm or sounding < LEAST_SOUNDING or single < LEAST_SINGLE:
            continue
        keys = [e.message.note for e in events if e.message.type == "note_on"]
        marked = any(it in names.get(channel, "") for it in MARKED)
        score = sounding * single * (0.5 + (np.median(keys) - 36) / 48) * (2 if marked else 1)
        if score > best_score:
            best, best_score = channel, float(score)
    if best >= 0:
        return {best}
    return {it for it, e in channels.items() if it not in rhythm and _program(e) in GUITARS}


def _is_rhythm(channel: int, events: list[Event]) -> bool:
    if channel == DRUMS or _program(events) in BASSES or _program(events) in PERCUSSIVE:
        return True
    keys = [e.message.note for e in events if e.message.type == "note_on" and e.message.velocity]
    return bool(np.median(keys) < 43)  # G2: whatever plays there all the time is a bass


def _program(events: list[Event]) -> int:
    return next((e.message.program for e in events if e.message.type == "program_change"), 0)


def _held(events: list[Event]) -> np.ndarray:
    """How many notes sound in each tenth of a second."""
    steps = int(SECONDS * 10)
    held, begun = np.zeros(steps, int), dict[int, float]()
    for second, message in events:
        if message.type == "note_on" and message.velocity:
            begun[message.note] = second
        elif message.type in ("note_on", "note_off") and message.note in begun:
            first = int(begun.pop(message.note) * 10)
            held[first : max(int(np.ceil(second * 10)), first + 1)] += 1
    return held
