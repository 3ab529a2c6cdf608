"""Keys that a MIDI file presses: which, on which channel, how hard, from when to when."""

from __future__ import annotations

import os
from typing import NamedTuple

from effects.midi import file


class Press(NamedTuple):
    """One key, from when it is pressed until it is released.

    Attributes:
        start: in seconds from the start of the file.
        end: in seconds; not before ``start``.
        key: its MIDI number, 60 is middle C.
        velocity: 1 to 127.
        channel: 0 to 15, as on the wire.
    """

    start: float
    end: float
    key: int
    velocity: int
    channel: int


def presses(path: str | os.PathLike[str]) -> list[Press]:
    """The keys of a MIDI file in the order of their beginnings.

    A key that is not released is held to the end of the file, or until it is pressed again.

    Raises:
        FileNotFoundError, IsADirectoryError, OSError, ValueError: as `effects.midi.file.read`.
    """
    messages = file.read(path, file.NOTES)
    down: dict[tuple[int, int], tuple[float, int]] = {}
    found: list[Press] = []
    for now, message in messages:
        if message.type == "end_of_track":
            continue
        at = (message.channel, message.note)
        if at in down:
            start, velocity = down.pop(at)
            found.append(Press(start, now, message.note, velocity, message.channel))
        if message.type == "note_on" and message.velocity:
            down[at] = (now, message.velocity)
    for (channel, key), (start, velocity) in down.items():
        found.append(Press(start, messages[-1][0], key, velocity, channel))
    return sorted((it for it in found if it.end > it.start), key=lambda it: it.start)
