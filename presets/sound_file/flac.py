"""FLAC files (RFC 9639)."""

from __future__ import annotations

from presets.sound_file.header import BadSound, Header, Window, cut_short

DEPTHS = (8, 16, 24)  # what libsndfile decodes


def look(window: Window, start: int) -> Header:
    """What a FLAC file says of its sound.

    Args:
        window: the file.
        start: where ``fLaC`` stands.

    Raises:
        BadSound: it is damaged, or of a kind that cannot be read.
    """
    info = window.at(start + 4, 38)
    if len(info) < 38:
        raise cut_short()
    if info[0] & 0x7F or info[1:4] != b"\0\0\x22":  # STREAMINFO comes first, and has 34 bytes
        raise BadSound("is damaged: export it again")
    # From the tenth byte of STREAMINFO: 20 bits of rate, 3 of channels, 5 of depth, 36 of frames.
    packed = int.from_bytes(info[14:22], "big")
    rate, channels = packed >> 44, (packed >> 41 & 7) + 1
    bits, frames = (packed >> 36 & 31) + 1, packed & (1 << 36) - 1
    if bits not in DEPTHS:
        raise BadSound(f"has {bits} bits: convert it to 16 or 24")
    if not frames:
        raise BadSound("does not say how long it is (it came out of a pipe): export it again")
    md5 = info[22:38]
    return Header("FLAC", rate, channels, frames, bits, integers=True, md5=md5.strip(b"\0") and md5)
