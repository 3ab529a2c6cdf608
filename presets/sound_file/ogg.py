"""Ogg files (RFC 3533) with one stream of Vorbis."""

from __future__ import annotations

import struct

from presets.sound_file.header import BadSound, Header, Window, cut_short

#: Twice the longest page of an Ogg file, so that it holds a whole one: a page has at most 255
#: segments of 255 bytes, and a head of 282.
TAIL_BYTES = 1 << 17

_HEAD = struct.Struct("<4sBBqIIIB")  # capture, version, flags, granule, serial, page, sum, segments


def look(window: Window) -> Header:
    """What an Ogg file says of its sound. Raises BadSound."""
    head = window.at(0, _HEAD.size + 255 + 30)
    if len(head) < _HEAD.size:
        raise cut_short()
    _, version, flags, _, serial, _, _, segments = _HEAD.unpack_from(head)
    packet = head[_HEAD.size + segments :][:30]
    if packet.startswith(b"OpusHead"):
        raise BadSound("holds Opus: convert it to WAV or FLAC")
    if version or not flags & 2 or not packet.startswith(b"\x01vorbis\0\0\0\0"):
        raise BadSound("holds no Vorbis: convert it to WAV or FLAC")
    if len(packet) < 16:
        raise cut_short()
    channels, rate = struct.unpack_from("<BI", packet, 11)
    # What was recorded from a broadcast does not begin at 0, so there may be fewer.
    return Header("OGG", rate, channels, _last(window, serial), 32, slack=None)


def _last(window: Window, serial: int) -> int:
    """How many samples the stream has when it ends: the place that its last page gives.

    Raises:
        BadSound: the last page is not there.
    """
    tail = window.at(max(window.size - TAIL_BYTES, 0), TAIL_BYTES)
    place = len(tail)
    while (place := tail.rfind(b"OggS", 0, place)) >= 0:
        if len(tail) - place >= _HEAD.size:
            _, version, _, granule, own, *_ = _HEAD.unpack_from(tail, place)
            if not version and own == serial and granule >= 0:
                return int(granule)
    raise BadSound("is cut short: its end is missing. Export it again")
