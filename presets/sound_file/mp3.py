"""MPEG audio, layer III (ISO 11172-3 and 13818-3).

An MP3 file has no header of its own: it is a row of frames, and what is not a frame is skipped by
players. Here it has to begin with two frames that follow each other, after a tag if there is one.
How many frames there are stands in the first, if the encoder was a good one (Xing's or Fraunhofer's
note). Otherwise they are counted: libsndfile guesses by the bit rate of the first, and would leave
out the rest of a file whose bit rate varies.
"""

from __future__ import annotations

from typing import NamedTuple

from presets.sound_file import others
from presets.sound_file.header import Header, Window

SEARCHED_BYTES = 1 << 16  # for the first frame, after a tag. Not searched
#: Samples that an encoder adds, and a decoder leaves out again: two frames, and its own delay.
PADDING = 3 * 1152

_RATES = (44_100, 48_000, 32_000)  # of MPEG 1; half of that in MPEG 2, a quarter in MPEG 2.5
_KBIT_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_DIVISOR = {3: 1, 2: 2, 0: 4}  # of the rate, by the two bits that say which MPEG it is; 1 is none


class _Frame(NamedTuple):
    size: int  # in bytes
    samples: int
    sample_rate: int
    channels: int
    note: int  # where Xing's note stands, from the frame's start


def look(window: Window, start: int) -> Header:
    """What an MP3 file seems to hold.

    Args:
        window: the file.
        start: where its tag, if it has one, is over.

    Raises:
        BadSound: it does not begin with frames of layer III.
    """
    place, first = _first(window, start)
    head = window.at(place, first.note + 12)
    noted = _noted(head, first.note) or _noted_by_fraunhofer(window.at(place, 54))
    frames = noted or _counted(window, place)
    total = frames * first.samples
    slack = PADDING if noted else 0
    return Header("MP3", first.sample_rate, first.channels, total, 32, slack=slack)


def _first(window: Window, start: int) -> tuple[int, _Frame]:
    """The first frame that another of its kind follows, and its place."""
    data = window.at(start, SEARCHED_BYTES + 4)
    place = -1
    while (place := data.find(b"\xff", place + 1, SEARCHED_BYTES)) >= 0:
        frame = _frame(data[place : place + 4])
        if frame is None:
            continue
        next_place = start + place + frame.size
        after = _frame(window.at(next_place, 4))
        alone = next_place == window.size
        if alone or (after is not None and after.sample_rate == frame.sample_rate):
            return start + place, frame
    raise others.unknown(window.size, window.at(start, others.SEARCHED_BYTES))


def _counted(window: Window, place: int) -> int:
    """How many frames follow each other from ``place`` on."""
    count = 0
    while (frame := _frame(window.at(place, 4))) is not None and place + frame.size <= window.size:
        place += frame.size
        count += 1
    return count


def _frame(head: bytes) -> _Frame | None:
    """The frame that begins with these four bytes; None if none of layer III does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bit_rate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version not in _DIVISOR or bit_rate in (0, 15) or rate == 3:  # 0: free format, very rare
        return None
    mpeg_1, mono = version == 3, head[3] >> 6 == 3
    sample_rate = _RATES[rate] // _DIVISOR[version]
    kbit = (_KBIT_1 if mpeg_1 else _KBIT_2)[bit_rate]
    # A frame has 1152 samples, or 576; 144 is 1152 / 8 bits.
    size = (144 if mpeg_1 else 72) * 1000 * kbit // sample_rate + (head[2] >> 1 & 1)
    side = (17 if mono else 32) if mpeg_1 else (9 if mono else 17)  # bytes of side information
    return _Frame(size, 1152 if mpeg_1 else 576, sample_rate, 1 if mono else 2, 4 + side)


def _noted(head: bytes, place: int) -> int:
    """The number of frames in Xing's note, which stands at ``place`` of the first; 0 for none."""
    note = head[place : place + 12]
    if len(note) < 12 or note[:4] not in (b"Xing", b"Info") or not note[7] & 1:
        return 0
    return int.from_bytes(note[8:12], "big")


def _noted_by_fraunhofer(head: bytes) -> int:
    """The number of frames in a note of Fraunhofer's encoder, at byte 36; 0 for none."""
    note = head[36:54]
    return int.from_bytes(note[14:18], "big") if note[:4] == b"VBRI" and len(note) == 18 else 0
