"""The chunks of a WAV or AIFF file, each with its name and place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from presets.sound_file.header import Window

MAX_CHUNKS = 1000  # of a file; recorders write a few dozen. Not searched


class Chunk(NamedTuple):
    """A part of a file: four letters, where its content stands, and how many bytes it claims."""

    name: bytes
    place: int
    size: int


def chunks(window: Window, order: Literal["little", "big"]) -> Iterator[Chunk]:
    """The chunks of a file, at most `MAX_CHUNKS`; the last may claim more than there is.

    Args:
        window: the file.
        order: of the bytes of a size: ``"little"`` in WAV files, ``"big"`` in AIFF files.
    """
    place, large, beyond_4_gb = 12, 0, window.at(0, 4) == b"RF64"
    for _ in range(MAX_CHUNKS):
        head = window.at(place, 8) if place < window.size else b""
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:], order)
        if name == b"ds64":
            large = int.from_bytes(window.at(place + 16, 8), "little")
        if name == b"data" and beyond_4_gb and size == 0xFFFFFFFF:
            size = large
        yield Chunk(name, place + 8, size)
        place += 8 + size + size % 2
