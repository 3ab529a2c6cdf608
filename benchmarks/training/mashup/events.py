"""MIDI events of an excerpt, in seconds, and the parts of a song that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import mido

PARTS = ("lead", "rhythm", "harmony")
DRUMS = 9  # MIDI's channel of drums, counted from 0
SECONDS = 10.0  # of an excerpt


class Event(NamedTuple):
    """A MIDI message, and when it comes, in seconds."""

    second: float
    message: mido.Message


@dataclass(frozen=True)
class Excerpt:
    """`SECONDS` of a song.

    Attributes:
        name: of its file.
        group: its writer or its groove: songs are kept for testing by groups.
        font: which soundfont plays it, one of `benchmarks.training.fonts.FONTS`.
        parts: the events of each of `PARTS`.
        kit: the recorded drum kit that plays the drums, one of
            `benchmarks.quality.recorded_drums.KITS`; "" if the soundfont does.
    """

    name: str
    group: str
    font: str
    parts: Mapping[str, list[Event]]
    kit: str = ""


def between(events: Iterable[Event], start: float, end: float) -> list[Event]:
    """The events of a stretch, which then begins at 0.

    What was set before the stretch (programs, controllers, bends) is set at its beginning; notes
    that sound on after it end there.
    """
    state: dict[tuple[object, ...], mido.Message] = {}
    found: list[Event] = []
    sounding: set[tuple[int, int]] = set()
    for second, message in events:
        if second >= end:
            break
        note = message.type in ("note_on", "note_off")
        if second < start:
            if not note:
                state[message.type, message.channel, getattr(message, "control", 0)] = message
            continue
        if note:
            key = (message.channel, message.note)
            if message.type == "note_on" and message.velocity:
                sounding.add(key)
            elif key in sounding:
                sounding.discard(key)
            else:
                continue  # the end of a note from before
        found.append(Event(second - start, message))
    last = end - start
    ends = [
        Event(last, mido.Message("note_off", channel=channel, note=note))
        for channel, note in sorted(sounding)
    ]
    return [*(Event(0.0, it) for it in state.values()), *found, *ends]


def of_file(file: mido.MidiFile) -> list[Event]:
    """All messages of channels in a MIDI file, with their times."""
    now, found = 0.0, []
    for message in file:
        now += message.time
        if not message.is_meta and message.type != "sysex":
            found.append(Event(now, message))
    return found


def channels_of(events: Iterable[Event]) -> dict[int, list[Event]]:
    """The events of each channel."""
    found: dict[int, list[Event]] = {}
    for event in events:
        found.setdefault(event.message.channel, []).append(event)
    return found


def with_program(events: Iterable[Event], program: int) -> list[Event]:
    """The same events, played by another General MIDI program (from 0)."""
    kept = [it for it in events if it.message.type != "program_change" and not _bank(it.message)]
    if not kept:
        return kept
    channel = kept[0].message.channel
    return [Event(0.0, mido.Message("program_change", channel=channel, program=program)), *kept]


def _bank(message: mido.Message) -> bool:
    return message.type == "control_change" and message.control in (0, 32)
