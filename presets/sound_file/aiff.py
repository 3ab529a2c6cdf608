"""AIFF and AIFF-C files (Apple, 1989 and 1991)."""

from __future__ import annotations

import struct

from presets.sound_file.chunks import chunks
from presets.sound_file.header import BadSound, Header, Window, cut_short

#: The compression types that are no compression: how many bytes a sample has, and whether it is an
#: integer. For 0 the header's own bits say how many.
_TYPES = {
    b"NONE": (0, True),
    b"twos": (0, True),
    b"sowt": (0, True),
    b"fl32": (4, False),
    b"FL32": (4, False),
    b"fl64": (8, False),
    b"FL64": (8, False),
    b"alaw": (1, False),
    b"ALAW": (1, False),
    b"ulaw": (1, False),
    b"ULAW": (1, False),
}


def look(window: Window) -> Header:
    """What an AIFF file says of its sound. Raises BadSound."""
    common, sound = b"", -1
    for name, place, size in chunks(window, "big"):
        if name == b"COMM":
            common = window.at(place, min(size, 22))
        elif name == b"SSND":
            offset = int.from_bytes(window.at(place, 4), "big")
            sound = size - 8 - offset
            if sound < 0 or place + size > window.size:
                raise cut_short()
        if common and sound >= 0:
            break
    kind = b"NONE" if window.at(8, 4) == b"AIFF" else common[18:22]
    if len(common) < 18 or sound < 0:
        raise BadSound("holds no audio that can be found: export it again")
    return _header(common, kind, sound)


def _header(common: bytes, kind: bytes, sound: int) -> Header:
    channels, frames, bits = struct.unpack_from(">HIH", common)
    if kind not in _TYPES:
        raise BadSound("is a compressed AIFF file: export it as PCM of 16 or 24 bits")
    own, integers = _TYPES[kind]
    width = own or -(-bits // 8)
    if not 1 <= width <= 8 or (integers and not 1 <= bits <= 32):
        raise BadSound(f"has an impossible header ({bits} bits): export it again")
    if frames * channels * width > sound:
        raise cut_short()
    kept = 8 * width if integers else 16 if width == 1 else 32
    return Header("AIFF", _rate(common[8:18]), channels, frames, kept, integers=integers)


def _rate(extended: bytes) -> int:
    """The sample rate from a number of 80 bits (IEEE 754, extended): 2^(e - 16383 - 63) * m.

    Raises:
        BadSound: it is not a whole number.
    """
    exponent, mantissa = struct.unpack(">HQ", extended)
    shift = 16383 + 63 - exponent
    if not 0 <= shift < 64 or mantissa & ((1 << shift) - 1):
        raise BadSound("has a sample rate that is no whole number of Hz: convert it first")
    return int(mantissa >> shift)
