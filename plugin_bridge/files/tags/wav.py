"""What WAV files say beside their sound: INFO, an ID3 tag, ``bext``, markers and loops.

``bext`` (EBU Tech 3285) says when a sound begins, in samples since midnight; DAWs put a file there.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace

from plugin_bridge.files.tags import id3
from plugin_bridge.files.tags.tags import NAMES, Part, Tags, cleaned
from presets.sound_file.chunks import chunks
from presets.sound_file.header import Window

MAX_PART_BYTES = 1 << 20  # of a chunk that is kept; most have less than 1 kB. Not searched

_KEPT = (b"bext", b"cue ", b"smpl")  # and LIST of the type adtl, which has the names of markers
_BEXT_BYTES = 602  # without its history of codings
_TIME = slice(338, 346)  # samples since midnight
_VERSION = slice(346, 348)
_UMID = slice(348, 412)
_LOUDNESS = slice(412, 422)  # of version 2


def parts(window: Window) -> tuple[Part, ...]:
    """What of a WAV file is kept as it is."""
    found = [
        _of_another_sound(it)
        for it in _parts(window)
        if it.name in _KEPT or (it.name == b"LIST" and it.data[:4] == b"adtl")
    ]
    whole = (it for it in found if it.name != b"bext" or len(it.data) >= _BEXT_BYTES)
    return tuple(sorted(whole, key=lambda it: it.name != b"bext"))


def infos(window: Window) -> Tags:
    """What a WAV file's INFO says."""
    names = {info: name for name, (_, info) in NAMES.items() if info}
    texts = [
        (names.get(name, ""), text)
        for it in _parts(window)
        if it.name == b"LIST" and it.data[:4] == b"INFO"
        for name, text in _infos(it.data)
    ]
    return Tags(cleaned(texts))


def later(tags: Tags, samples: int) -> Tags:
    """The tags of a part of a sound that begins so many samples after it.

    The part's ``bext`` says when it begins; markers and loops, which have places, are left out.
    """
    return replace(
        tags, parts=tuple(_later(it, samples) for it in tags.parts if it.name == b"bext")
    )


def made(tags: Tags) -> bytes:
    """The chunks of a WAV file that say all this."""
    found = list(tags.parts)
    texts = [(NAMES[name][1], text) for name, text in tags.texts.items() if NAMES[name][1]]
    if texts:
        found.append(Part(b"LIST", b"INFO" + b"".join(_info(*it) for it in texts)))
    if tags.common:
        found.append(Part(b"id3 ", id3.written(tags)))
    return b"".join(_chunk(*it) for it in found)


def put_before(file: io.BufferedRandom, added: bytes) -> None:
    """Make one WAV file of chunks and of the file that was written after a gap of their size.

    The first chunk of that file stays the first, since that of one beyond 4 GB has to (EBU Tech
    3306). No sound is moved.

    Args:
        file: begins with a gap of ``len(added)`` bytes.
        added: the chunks.
    """
    file.seek(len(added))
    head = file.read(20)
    first = head[12:] + file.read(int.from_bytes(head[16:20], "little"))
    size = int.from_bytes(head[4:8], "little")
    if head[:4] == b"RIFF":
        head = head[:4] + struct.pack("<I", min(size + len(added), 0xFFFFFFFF)) + head[8:]
    else:
        whole = int.from_bytes(first[8:16], "little") + len(added)
        first = first[:8] + struct.pack("<Q", whole) + first[16:]
    file.seek(0)
    file.write(head[:12] + first + added)


def _parts(window: Window) -> Iterator[Part]:
    for name, place, size in chunks(window, "little"):
        if name in (*_KEPT, b"LIST") and size <= MAX_PART_BYTES:
            yield Part(name, window.at(place, size))


def _of_another_sound(part: Part) -> Part:
    """A ``bext`` without what is true of the old sound alone: who it is, and how loud."""
    if part.name != b"bext" or len(part.data) < _BEXT_BYTES:
        return part
    data = bytearray(part.data)
    data[_UMID] = bytes(64)
    if int.from_bytes(data[_VERSION], "little") > 1:  # version 1 has no loudness
        data[_VERSION], data[_LOUDNESS] = b"\1\0", bytes(10)
    return Part(part.name, bytes(data))


def _later(part: Part, samples: int) -> Part:
    data = bytearray(part.data)
    time = int.from_bytes(data[_TIME], "little") + samples
    data[_TIME] = (time % (1 << 64)).to_bytes(8, "little")
    return Part(part.name, bytes(data))


def _infos(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and texts of a LIST of the type INFO."""
    place = 4
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        text = data[place + 8 : place + 8 + size].split(b"\0")[0]
        try:
            yield name.decode("latin-1"), text.decode()
        except UnicodeDecodeError:  # nothing says which characters they are
            yield name.decode("latin-1"), text.decode("cp1252", "replace")
        place += 8 + size + size % 2


def _info(name: str, text: str) -> bytes:
    return _chunk(name.encode(), text.encode() + b"\0")


def _chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of an even size: libsndfile expects no padding after one in files beyond 4 GB."""
    even = data + b"\0" * (len(data) % 2)
    return name + struct.pack("<I", len(even)) + even
