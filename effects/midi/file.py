"""The messages of a standard MIDI file, with their times in seconds.

mido describes the messages, but does not read the file. Its reader (1.3) loses the time that passes
before an unknown meta event, so that everything after it comes too early; it counts time backwards
in files that divide seconds instead of beats; and it refuses files because of a key signature that
nobody asked for. Here tempo changes are followed; of the other messages, only those asked for are
returned.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from presets.opening import open_regular

if TYPE_CHECKING:
    from mido import Message, MetaMessage

MAX_BYTES = 32 << 20  # not searched
#: Of the wanted messages and the tempo changes together. Each costs some 500 bytes of memory, so
#: that is 250 MB; two controllers that move 70 times a second send as many in an hour. Not
#: searched.
MAX_MESSAGES = 500_000
BEATS_PER_MINUTE = 120  # the standard's, until the file says otherwise
#: Frames per second by the number in the file; 29 stands for NTSC's rate.
FRAME_RATES = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}

_META, _END_OF_TRACK, _TEMPO = 0xFF, 0x2F, 0x51
_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
#: How many data bytes follow a status byte, by its upper half; the lower half is the channel.
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}

CHANGES = frozenset({"control_change", "program_change"})
NOTES = frozenset({"note_off", "note_on", "end_of_track"})
#: All that an instrument is played with.
PLAYED = CHANGES | NOTES | {"polytouch", "aftertouch", "pitchwheel"}
_NOTE_STATUS = (0x80, 0x90)
#: The upper half of the status byte by mido's names; of `end_of_track`, a meta event, the whole
#: byte.
_STATUS = {
    "note_off": 0x80,
    "note_on": 0x90,
    "polytouch": 0xA0,
    "control_change": 0xB0,
    "program_change": 0xC0,
    "aftertouch": 0xD0,
    "pitchwheel": 0xE0,
    "end_of_track": _META,
}


class _Damaged(Exception):  # noqa: N818 - its text ends a sentence
    """What is wrong with the file, as the end of a sentence."""


class _Timed(NamedTuple):
    """A message in bytes, and its time in ticks from the start of its track."""

    tick: int
    data: bytes


def read(
    path: str | os.PathLike[str], types: Collection[str] = CHANGES
) -> list[tuple[float, Message | MetaMessage]]:
    """The messages of a file, each with its time in seconds, in the order of playing.

    Tracks are merged; messages of one moment come in the order of the tracks. Tempo changes count
    for all tracks.

    Args:
        path: the file.
        types: mido's names of the wanted messages, out of `PLAYED`.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no file at ``path``.
        OSError: it cannot be read.
        ValueError: it is not an ordinary file, not a MIDI file, damaged, too large, too long, or of
            a format whose tracks do not play together.
    """
    from mido import Message, MetaMessage

    name = os.fspath(path)
    if Path(name).is_dir():
        raise IsADirectoryError(f"{name!r} is a folder: name a MIDI file.")
    try:
        with open_regular(name) as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no MIDI file at {name!r}.") from None
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} has more than {MAX_BYTES >> 20} MB: no MIDI file needs so much.")
    try:
        timed = _in_seconds(*_tracks(data, {_STATUS[it] for it in types}))
        return [
            (seconds, (MetaMessage if data[0] == _META else Message).from_bytes(data))
            for seconds, data in timed
        ]
    except _Damaged as error:
        raise ValueError(f"{name} cannot be read as MIDI: {error}.") from None


def _tracks(data: bytes, wanted: Collection[int]) -> tuple[int, list[_Timed]]:
    """The file's division of time, and the messages of all tracks in the order of their ticks.

    Args:
        data: the file.
        wanted: values of `_STATUS`.

    Returns:
        Tempo changes are among the messages.
    """
    header = _Bytes(data)
    if header.take(4) != b"MThd":
        raise _Damaged("it is not a MIDI file")
    fields = _Bytes(header.take(header.integer(4)))
    kind, n_tracks, division = (fields.integer(2) for _ in range(3))
    if kind == 2:
        raise _Damaged(
            "it has format 2, whose tracks do not play together; save it as format 0 or 1"
        )
    if kind > 2:
        raise _Damaged(f"it has the unknown format {kind}; save it as format 0 or 1")
    messages: list[_Timed] = []
    while n_tracks:
        chunk, content = header.take(4), header.take(header.integer(4))
        if chunk == b"MTrk":  # the standard says to skip other chunks
            n_tracks -= 1
            messages += islice(_messages(_Bytes(content), wanted), MAX_MESSAGES + 1)
            if len(messages) > MAX_MESSAGES:
                raise _Damaged(f"it has more than {MAX_MESSAGES} messages; thin them out")
    return division, sorted(messages, key=itemgetter(0))


def _messages(track: _Bytes, wanted: Collection[int]) -> Iterator[_Timed]:
    """The tempo changes of one track, and the messages that are wanted."""
    tick, running = 0, 0
    while not track.at_end:
        tick += track.variable()
        status = track.integer(1)
        if status == _META:
            kind, content = track.integer(1), track.take(track.variable())
            if kind == _END_OF_TRACK:
                if _META in wanted:
                    yield _Timed(tick, bytes([status, kind, 0]))
                return
            if kind == _TEMPO:
                if len(content) != 3:
                    raise _Damaged("a tempo in it makes no sense; export it again")
                yield _Timed(tick, bytes([status, kind]) + content)
        elif status in _SYSTEM_EXCLUSIVE:
            track.take(track.variable())
        else:
            if status < 0x80:  # left out, as it equals the status byte of the message before
                track.back(1)
                status = running
            running = status
            size = _DATA_BYTES.get(status & 0xF0)
            content = track.take(size or 0)
            if not content or max(content) > 127:
                raise _Damaged("a byte in it is out of place; export it again")
            if status & 0xF0 in wanted:
                yield _Timed(tick, bytes([status]) + content)


def _in_seconds(division: int, messages: list[_Timed]) -> Iterator[tuple[float, bytes]]:
    """The messages without tempo changes, with their times in seconds."""
    beats = division < 0x8000  # ticks per beat; with the top bit set, the rate of frames
    if beats and division:
        tick_seconds = 60 / BEATS_PER_MINUTE / division
    else:
        # The upper byte is the negative rate of frames, as two's complement.
        frame_rate, ticks_per_frame = FRAME_RATES.get(256 - (division >> 8)), division & 0xFF
        if not (frame_rate and ticks_per_frame):
            raise _Damaged("its division of time makes no sense; export it again")
        tick_seconds = 1 / (frame_rate * ticks_per_frame)
    tick, seconds = 0, 0.0  # of the last tempo change or note
    for message in messages:
        now = seconds + (message.tick - tick) * tick_seconds
        is_tempo = message.data[:2] == bytes([_META, _TEMPO])
        if not is_tempo:
            yield now, message.data
        elif beats:
            tick_seconds = int.from_bytes(message.data[2:], "big") * 1e-6 / division
        # Added up from note to note, as mido does, so that presets keep their notes to the last
        # bit.
        if (is_tempo and beats) or message.data[0] & 0xF0 in _NOTE_STATUS:
            tick, seconds = message.tick, now


class _Bytes:
    """Bytes that are read in order. Raises `_Damaged` when there are no more."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def take(self, n: int) -> bytes:
        taken = self._data[self._at : self._at + n]
        if len(taken) < n:
            raise _Damaged("it ends too soon; export it again")
        self._at += n
        return taken

    def back(self, n: int) -> None:
        self._at -= n

    def integer(self, n: int) -> int:
        """The next ``n`` bytes, the highest first."""
        return int.from_bytes(self.take(n), "big")

    def variable(self) -> int:
        """A number of one to four bytes, of 7 bits each."""
        number = 0
        for _ in range(4):
            byte = self.integer(1)
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number
        raise _Damaged("a number in it is too long; export it again")
