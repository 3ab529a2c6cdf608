"""Ogg files (RFC 3533) with one stream of Vorbis, or of Opus (RFC 7845)."""

from __future__ import annotations

import struct

from presets.sound_file.header import BadSound, Header, Window, cut_short

#: Twice the longest page of an Ogg file, so that it holds a whole one: a page has at most 255
#: segments of 255 bytes, and a head of 282.
TAIL_BYTES = 1 << 17

_HEAD = struct.Struct("<4sBBqIIIB")  # capture, version, flags, granule, serial, page, sum, segments


#: What libsndfile decodes Opus to; the header's own rate is only what the encoder was given.
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_GRANULE_HZ = 48_000  # in which an Opus stream counts its samples
_OTHERS = {b"\x7fFLAC": "FLAC", b"Speex   ": "Speex", b"\x80theora": "a film", b"fishead": "a film"}


def look(window: Window) -> Header:
    """What an Ogg file says of its sound. Raises BadSound."""
    head = window.at(0, _HEAD.size + 255 + 30)
    if len(head) < _HEAD.size:
        raise cut_short()
    _, version, flags, _, serial, _, _, segments = _HEAD.unpack_from(head)
    packet = head[_HEAD.size + segments :][:30]
    vorbis, opus = packet.startswith(b"\x01vorbis\0\0\0\0"), packet.startswith(b"OpusHead")
    if version or not flags & 2 or not (vorbis or opus):
        held = (it for magic, it in _OTHERS.items() if packet.startswith(magic))
        raise BadSound(f"is an Ogg file of {next(held, 'an unknown kind')}: convert it to WAV")
    if len(packet) < (16 if vorbis else 19):
        raise cut_short()
    # What was recorded from a broadcast does not begin at 0, so there may be fewer.
    last = _last(window, serial)
    if vorbis:
        channels, rate = struct.unpack_from("<BI", packet, 11)
        return Header("OGG", rate, channels, last, 32, slack=None)
    _, channels, skipped, given = struct.unpack_from("<BBHI", packet, 8)
    rate = next((it for it in _OPUS_RATES if it >= given), _GRANULE_HZ)
    frames = (last - skipped) * rate // _GRANULE_HZ
    return Header("OPUS", rate, channels, frames, 32, slack=None)


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
