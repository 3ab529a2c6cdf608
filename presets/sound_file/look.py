"""Which kind of sound file it is, by how it begins, and what it says of itself."""

from __future__ import annotations

import os
from typing import BinaryIO

from presets.sound_file import aiff, flac, mp3, ogg, others, wav
from presets.sound_file.header import BadSound, Header, Window, check

#: The most that a sound may need in memory; an hour of stereo at 96 kHz needs 2.8 GB. A guess at
#: what machines have.
MAX_DECODED_BYTES = 4 << 30
#: FLAC and Ogg files hold silence at next to no cost: of one this small, no more is taken than
#: this, 6 minutes of stereo at 44.1 kHz. Reading that stays below 500 MB; restyling it takes some
#: six times as much as the sound itself, as for any file.
SMALL_FILE_BYTES, MAX_OF_SMALL_BYTES = 1 << 20, 128 << 20


def look(file: BinaryIO) -> Header:
    """What a sound file says of itself.

    It reads a few hundred kB at most; 8 MB of a file of a thousand chunks; and all of an MP3 file
    that does not say how long it is.

    Args:
        file: an ordinary file, open to be read. Its position is moved.

    Raises:
        BadSound: it is not a sound that can be read.
    """
    window = Window(file)
    header = check(_header(window))
    check_memory(header.decoded_bytes, window.size)
    return header


def check_memory(decoded_bytes: int, file_bytes: int) -> None:
    """Raise BadSound if a sound of so many bytes is too large to be read."""
    most = _most()
    if decoded_bytes > most:
        raise BadSound(
            f"would take {decoded_bytes / 1e9:.1f} GB of memory, and at most {most / 1e9:.1f} GB "
            "are taken: split it"
        )
    if file_bytes < SMALL_FILE_BYTES and decoded_bytes > MAX_OF_SMALL_BYTES:
        raise BadSound(
            f"has {file_bytes / 1e3:.0f} kB, and says that they are {decoded_bytes / 1e6:.0f} MB "
            "of sound: cut out the part that sounds"
        )


def _header(window: Window) -> Header:
    start = window.at(0, 12)
    if start[:4] in (b"RIFF", b"RF64") and start[8:] == b"WAVE":
        return wav.look(window)
    if start[:4] == b"FORM" and start[8:] in (b"AIFF", b"AIFC"):
        return aiff.look(window)
    if start[:4] == b"OggS":
        return ogg.look(window)
    others.look(window.at(0, others.SEARCHED_BYTES))
    after_tag = tag_bytes(window)
    if window.at(after_tag, 4) == b"fLaC":
        return flac.look(window, after_tag)
    return mp3.look(window, after_tag)


def tag_bytes(window: Window) -> int:
    """How many bytes the ID3v2 tag has with which the file begins; 0 if there is none."""
    head = window.at(0, 10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:  # four bytes of 7 bits each
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)  # a footer repeats the head


def _most() -> int:
    """What a sound may need on this machine: not more than half of its memory."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return MAX_DECODED_BYTES
    return min(MAX_DECODED_BYTES, memory // 2)
