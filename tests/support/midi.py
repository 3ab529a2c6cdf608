"""MIDI messages and files for the tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import mido
from mido import Message


def program(number: int, channel: int = 1) -> Message:
    """A program change."""
    return Message("program_change", program=number, channel=channel - 1)


def control(number: int, value: int, channel: int = 1) -> Message:
    """A control change."""
    return Message("control_change", control=number, value=value, channel=channel - 1)


def track(*timed: tuple[int, Message]) -> mido.MidiTrack:
    """A track of (tick, message)."""
    made, now = mido.MidiTrack(), 0
    for tick, message in timed:
        made.append(message.copy(time=tick - now))
        now = tick
    return made


def to_bytes(*tracks: mido.MidiTrack, kind: int = 1, ticks_per_beat: int = 480) -> bytes:
    """A MIDI file as mido writes it."""
    buffer = io.BytesIO()
    mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, tracks=list(tracks)).save(file=buffer)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a MIDI file."""
    return name + struct.pack(">L", len(content)) + content


def file_of(*tracks: bytes, kind: int = 0, division: int = 480) -> bytes:
    """A MIDI file, given the bytes of its tracks."""
    header = chunk(b"MThd", struct.pack(">HHH", kind, len(tracks), division))
    return header + b"".join(chunk(b"MTrk", content) for content in tracks)


def writer(folder: Path) -> Callable[..., Path]:
    """A function that writes a file of (seconds, message) into ``folder``."""

    def write(*timed: tuple[float, Message], name: str = "a.mid") -> Path:
        path = folder / name
        ticks = [(round(seconds * 2000), message) for seconds, message in timed]
        path.write_bytes(to_bytes(track(*ticks), ticks_per_beat=1000))
        return path

    return write
