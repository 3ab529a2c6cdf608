"""WAV files: RIFF, and RF64 for those beyond 4 GB (EBU Tech 3306)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from presets.sound_file.chunks import chunks
from presets.sound_file.header import BadSound, Header, Window, cut_short

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
#: What an extensible format ends with, after the two bytes of its tag (Microsoft's mmreg.h).
_SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")
_COMPRESSED = {2: "ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM", 0x50: "MPEG", 0x55: "MP3"}


class _Format(NamedTuple):
    tag: int
    channels: int
    sample_rate: int
    block: int  # bytes of a sample of all channels
    bits: int


def look(window: Window) -> Header:
    """What a WAV file says of its sound. Raises BadSound."""
    found = None
    for name, place, size in chunks(window, "little"):
        if name == b"fmt ":
            found = _format(window.at(place, min(size, 40)))
        elif name == b"data":
            if found is None:
                break
            if size > window.size - place:
                raise cut_short()
            return _header(found, size)
    raise BadSound("holds no audio that can be found: export it again")


def _format(data: bytes) -> _Format:
    if len(data) < 16:
        raise cut_short()
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", data)
    if tag == _EXTENSIBLE:
        if len(data) < 40 or data[26:40] != _SUBFORMAT:
            raise BadSound("is a WAV file of an unknown kind: export it as PCM")
        tag = int.from_bytes(data[24:26], "little")
    return _Format(tag, channels, rate, block, bits)


def _header(form: _Format, size: int) -> Header:
    tag, channels, rate, block, bits = form
    if tag in _COMPRESSED:
        raise BadSound(f"is compressed ({_COMPRESSED[tag]}): export it as PCM of 16 or 24 bits")
    possible = {_PCM: range(1, 33), _FLOAT: (32, 64), _ALAW: (8,), _MULAW: (8,)}
    if tag not in possible:
        raise BadSound(f"is a WAV file of an unknown kind (format {tag}): export it as PCM")
    width = -(-bits // 8)
    if bits not in possible[tag] or block != channels * width or not channels:
        raise BadSound(
            f"has an impossible header (format {tag}, samples of {bits} bits, blocks of {block} "
            "bytes): export it again"
        )
    kept = {_PCM: 8 * width, _FLOAT: 32}.get(tag, 16)
    return Header("WAV", rate, channels, size // block, kept, integers=tag == _PCM)
