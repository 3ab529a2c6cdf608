"""Writes tags into a sound file that is not finished yet: what its kind cannot hold is left out."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator

from plugin_bridge.files.tags import id3, vorbis, wav
from plugin_bridge.files.tags.tags import Tags


@contextlib.contextmanager
def tagging(file: io.BufferedRandom, kind: str, tags: Tags) -> Iterator[None]:
    """Have the sound that is written while the block lasts, from where ``file`` is, get tags.

    Args:
        file: open and empty.
        kind: pedalboard's name of its format.
        tags: what to write. Without any, the file is as if this were not there.

    Raises:
        OSError: the disk is full, for example.
    """
    before = wav.made(tags) if kind == "wav" else b""
    file.seek(len(before))
    yield
    if before:
        wav.put_before(file, before)
    elif kind != "wav" and tags.common:
        file.seek(0)
        with _system_errors():
            _INTO[kind](file, tags)
    file.seek(0, io.SEEK_END)


def _into_aiff(file: io.BufferedRandom, tags: Tags) -> None:
    """Append a chunk, and say in the head how long the file is now."""
    tag = id3.written(tags)
    file.seek(0, io.SEEK_END)
    file.write(b"\0" * (file.tell() % 2))
    file.write(b"ID3 " + struct.pack(">I", len(tag)) + tag + b"\0" * (len(tag) % 2))
    size = file.tell() - 8
    file.seek(4)
    file.write(struct.pack(">I", size))


def _into_mp3(file: io.BufferedRandom, tags: Tags) -> None:
    id3.made(tags).save(file, v1=0, padding=id3.no_padding)


_INTO = {
    "aiff": _into_aiff,
    "flac": vorbis.write_flac,
    "ogg": vorbis.write_ogg,
    "mp3": _into_mp3,
}


@contextlib.contextmanager
def _system_errors() -> Iterator[None]:
    """Have the system's errors come out as they are: mutagen makes its own of them."""
    from mutagen import MutagenError

    try:
        yield
    except MutagenError as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise
