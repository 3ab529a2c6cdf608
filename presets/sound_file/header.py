"""What a sound file says of itself, found without a library, in bounded time and memory.

A library that decodes trusts what a file says. Here a file is first held against a list of what is
known to be sound: kinds and encodings, rates, channels, and sizes that the file can hold. Whatever
is not on the list is refused, with the remedy.

Messages are the second half of a sentence that begins with the file's name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO

#: From telephones to the highest rate of audio interfaces in use.
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 8  # as in 7.1 surround; more are not tested


class BadSound(ValueError):  # noqa: N818 - what the file is
    """A file that is no sound, or none that can be read; the message follows the file's name."""


@dataclass(frozen=True)
class Header:
    """What a file says of its sound.

    Attributes:
        container: WAV, AIFF, FLAC, OGG (Vorbis), OPUS or MP3.
        sample_rate: in Hz.
        channels: how many.
        frames: samples of each channel, as the file says.
        bits: of one sample of one channel; 32 if the encoding is lossy, and for all floating-point
            numbers. A-law and µ-law count as 16.
        integers: whether samples are integers.
        slack: how many samples fewer there may be without anything missing; None for any number.
        md5: of the samples, if the file has it: 16 bytes (FLAC).
    """

    container: str
    sample_rate: int
    channels: int
    frames: int
    bits: int
    integers: bool = False
    slack: int | None = 0
    md5: bytes = b""

    @property
    def seconds(self) -> float:
        """How long the sound lasts."""
        return self.frames / self.sample_rate

    @property
    def decoded_bytes(self) -> int:
        """What the sound needs in memory, in float32."""
        return 4 * self.frames * self.channels


class Window:
    """A file's bytes by their place; what lies past its end is not there.

    Args:
        file: an ordinary file, open to be read. Its position is moved.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def at(self, place: int, count: int) -> bytes:
        """The bytes from ``place`` on; fewer than ``count`` at the file's end."""
        self._file.seek(place)
        return self._file.read(count)


def check(header: Header) -> Header:
    """``header``, if its rate and channels are possible.

    Raises:
        BadSound: they are not.
    """
    if not MIN_RATE_HZ <= header.sample_rate <= MAX_RATE_HZ:
        raise BadSound(
            f"has a sample rate of {header.sample_rate} Hz: convert it to one between 8 and 192 kHz"
        )
    if header.channels > MAX_CHANNELS:
        raise BadSound(
            f"has {header.channels} channels: mix it down to {MAX_CHANNELS} channels or fewer"
        )
    if header.channels < 1 or header.frames < 1:
        raise BadSound("holds no audio: export it again")
    return header


def cut_short() -> BadSound:
    """The error for a file that is shorter than it says."""
    return BadSound(
        "is cut short (or came out of a pipe): its header promises more sound than it holds. "
        "Export it again"
    )
