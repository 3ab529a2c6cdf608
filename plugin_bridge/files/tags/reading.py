"""Reads tags, as if each file were hostile: whatever goes wrong, there are none.

Memory is limited, since a tag may be compressed, and a few kB of it become gigabytes.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO, Literal

from plugin_bridge.files.tags import id3, vorbis, wav
from plugin_bridge.files.tags.tags import MAX_COVER_BYTES, NONE, Tags
from plugin_bridge.limits import limited_memory
from presets.sound_file.chunks import chunks
from presets.sound_file.header import Window
from presets.sound_file.look import tag_bytes

#: Tags stand at the beginning of a file; a cover in base64 takes a third more than it has.
MAX_BYTES = MAX_COVER_BYTES * 3 // 2
MORE_BYTES = 8 * MAX_BYTES  # of memory: mutagen copies what it reads. Not searched
_VERSION_1_BYTES = 128  # of ID3 version 1, at the end of a file


def read(file: BinaryIO, container: str) -> Tags:
    """The tags of a sound file; `NONE` if it has none that can be read.

    Args:
        file: an ordinary file, open to be read. Its position is moved.
        container: what it is: see `presets.sound_file.header.Header`.
    """
    # A library that has used its descriptor has moved it: only this has it sought for sure.
    file.seek(0, io.SEEK_END)
    try:
        with limited_memory(MORE_BYTES):
            return _read(Window(file), container)
    except Exception:  # mutagen raises what it likes, and no tag is worth a sound
        return NONE


def _read(window: Window, container: str) -> Tags:
    if container == "WAV":
        return _of_wav(window)
    if container == "AIFF":
        return id3.read(_chunk(window, "big"))
    if container == "MP3":
        return id3.read(_leading_tag(window))
    start = window.at(0, MAX_BYTES)
    if container == "FLAC":
        return vorbis.read_flac(start)
    return vorbis.read_ogg(start, opus=container == "OPUS")


def _of_wav(window: Window) -> Tags:
    infos = wav.infos(window)
    parts = wav.parts(window)
    tag = NONE
    if data := _chunk(window, "little"):
        try:
            tag = id3.read(data)
        except Exception:  # then what the rest says is kept
            tag = NONE
    return replace(tag, texts={**infos.texts, **tag.texts}, parts=parts)


def _chunk(window: Window, order: Literal["little", "big"]) -> bytes:
    """The ID3 tag of a WAV or AIFF file; empty if it has none."""
    for name, place, size in chunks(window, order):
        if name.lower() == b"id3 " and size <= MAX_BYTES:
            return window.at(place, size)
    return b""


def _leading_tag(window: Window) -> bytes:
    """The ID3 tag of an MP3 file, before its sound or, of version 1, after it."""
    size = tag_bytes(window)
    if size > MAX_BYTES:
        return b""
    if not size:
        return window.at(max(window.size - _VERSION_1_BYTES, 0), _VERSION_1_BYTES)
    return window.at(0, size)
