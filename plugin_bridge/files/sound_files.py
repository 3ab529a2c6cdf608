"""Sound files in and out: nothing is silently resampled, remixed or rounded.

Unless it is asked otherwise, a file is written with the depth of what was read, or the next that
its format has:

========  ==========================================================
format    bits per sample
========  ==========================================================
WAV       8, 16, 24, 32 (floating point)
AIFF      8, 16, 24
FLAC      16, 24
OGG, MP3  none; the best quality, at most 320 kbit/s for MP3
========  ==========================================================

Floating-point, 32-bit integer and lossy samples count as 32 bits; A-law and µ-law as 16.

`presets.sound_file` reads them, by libsndfile; pedalboard writes them, as it has always done.
`plugin_bridge.files.tags` reads and writes what a file says beside its sound.
"""

from __future__ import annotations

import contextlib
import io
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from pedalboard.io import AudioFile, WriteableAudioFile

from effects.signal.arrays import Audio
from plugin_bridge.files.formats import FORMATS, WAV, Quality
from plugin_bridge.files.tags import reading, wav
from plugin_bridge.files.tags.tags import NONE, Tags
from plugin_bridge.files.tags.writing import tagging
from plugin_bridge.files.whole_files import replacing
from presets.opening import open_regular
from presets.sound_file.header import BadSound
from presets.sound_file.reading import Reader

BLOCK = 1 << 20  # samples of a channel converted together: 8 MB of doubles; by guess


@dataclass(frozen=True)
class Sound:
    """Audio as a file holds it.

    Attributes:
        audio: float32, (channels, samples); integers of a file become -1 to 1.
        sample_rate: in Hz.
        bits: per sample, in the file.
        tags: what the file says beside its sound; as much of it is written as another can hold.
        kbit_per_s: of a lossy file that is written; None for the best.
    """

    audio: Audio
    sample_rate: int
    bits: int = 32
    tags: Tags = NONE
    kbit_per_s: int | None = None

    def with_audio(self, audio: Audio) -> Sound:
        """The same kind of file, with other audio in it."""
        return replace(self, audio=audio)

    def part(self, first: int, end: int | None) -> Sound:
        """The samples from ``first`` on to before ``end``; None for all that follow."""
        audio = np.ascontiguousarray(self.audio[:, first:end])
        return replace(self, audio=audio, tags=wav.later(self.tags, first))

    def written_as(self, path: Path, quality: Quality) -> Sound:
        """The same, to be written to ``path`` so well: see `formats.check_quality`."""
        if FORMATS[path.suffix.lower()].kbits:
            return replace(self, kbit_per_s=quality.kbit_per_s)
        return replace(self, bits=quality.bit_depth or self.bits)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.audio.shape[1] / self.sample_rate)


def read(path: Path) -> Sound:
    """Read a sound file.

    Raises:
        OSError: it is not there, or may not be read.
        ValueError: it is not an ordinary file, not audio, empty, damaged or cut short, or holds NaN
            or infinity; or its rate, channels or length are more than can be taken.
    """
    with open_regular(path) as file:
        return read_open(file, path)


def read_open(file: BinaryIO, path: Path) -> Sound:
    """Read a sound file that is open; ``path`` is for messages.

    Raises:
        ValueError: as `read`.
    """
    try:
        with contextlib.closing(Reader(file)) as reader:
            audio, header = reader.read_all(), reader.header
        tags = reading.read(file, header.container)
    except BadSound as error:
        raise ValueError(f"{path} {error}.") from error
    _check_finite(path, audio, header.sample_rate)
    return Sound(audio, header.sample_rate, header.bits, tags)


def check_holds(path: Path, sound: Sound) -> None:
    """Raise ValueError unless a file of ``path``'s kind can hold ``sound``'s rate and channels.

    The suffix must be known.
    """
    try:
        _open(io.BytesIO(), path, sound).close()
    except ValueError as error:
        kind, channels = path.suffix.lower(), len(sound.audio)
        raise ValueError(
            f"A {kind} file cannot hold {channels} channel{'s' if channels > 1 else ''} at "
            f"{sound.sample_rate} Hz: write a .wav file instead."
        ) from error


def write(path: Path, sound: Sound) -> None:
    """Write ``sound`` as the kind of file that ``path``'s suffix says, whole or not at all."""
    with replacing(path) as raw:
        write_into(raw, path, sound)


def write_in_place(path: Path, sound: Sound) -> None:
    """Write ``sound`` to ``path``.

    Raises:
        OSError: the disk is full, for example. (Given a name instead of an open file, pedalboard
            does not notice that for OGG.)
    """
    with path.open("w+b") as raw:
        write_into(raw, path, sound)


def write_into(raw: io.BufferedRandom, path: Path, sound: Sound) -> None:
    """Write ``sound`` to the empty file ``raw``, as the kind of file that ``path``'s suffix says.

    Raises:
        OSError: as `write_in_place`.
    """
    kind = FORMATS[path.suffix.lower()].name
    with tagging(raw, kind, sound.tags), _open(raw, path, sound) as file:
        # The first sample goes alone: pedalboard cannot tell the channels of a first block that has
        # as many samples as channels.
        cuts = [1, *range(BLOCK, sound.audio.shape[1], BLOCK)]
        for block in np.split(sound.audio, cuts, axis=1):
            file.write(
                round_to_depth(block, depth(path, sound)) if _is_integer(path, sound) else block
            )


def depth(path: Path, sound: Sound) -> int:
    """The bits per sample of ``sound`` written to ``path``; 32 is floating point, or lossy."""
    return FORMATS[path.suffix.lower()].depth_for(sound.bits)


def clips(path: Path, sound: Sound) -> bool:
    """Whether peaks are cut off when ``sound`` is written to ``path``."""
    floating = FORMATS[path.suffix.lower()] is WAV and not _is_integer(path, sound)
    # The most negative sample is read as a little more than 1: 1.00003 of 16 bits, 1.008 of 8.
    full_scale = 1 / (1 - 0.5 ** (min(sound.bits, 16) - 1))
    return not floating and max(sound.audio.max(), -sound.audio.min()) > full_scale + 1e-6


def over_db(path: Path, sound: Sound) -> float:
    """How far above full scale the peaks are that are cut off when it is written there, in dB."""
    if not clips(path, sound):
        return 0.0
    return 20 * math.log10(max(float(sound.audio.max()), -float(sound.audio.min())))


def _is_integer(path: Path, sound: Sound) -> bool:
    return depth(path, sound) < 32


def _open(raw: io.BytesIO | io.BufferedRandom, path: Path, sound: Sound) -> WriteableAudioFile:
    return AudioFile(
        raw,
        "w",
        sound.sample_rate,
        len(sound.audio),
        bit_depth=depth(path, sound),
        format=FORMATS[path.suffix.lower()].name,
        quality=None if sound.kbit_per_s is None else f"{sound.kbit_per_s} kbps",
    )


def round_to_depth(audio: Audio, bits: int) -> NDArray[np.int32]:
    """The nearest integers of so many bits, in the upper bits of 32, as pedalboard takes them.

    Given floats, pedalboard rounds them down, which would alter what it has read.
    """
    top = 2 ** (bits - 1) - 1
    integers = np.clip(np.rint(audio.astype(np.float64) * top), -top - 1, top)
    shifted: NDArray[np.int32] = np.left_shift(integers.astype(np.int32), 32 - bits)
    return shifted


def _check_finite(path: Path, audio: Audio, sample_rate: float) -> None:
    for start in range(0, audio.shape[1], BLOCK):
        finite = np.isfinite(audio[:, start : start + BLOCK]).all(axis=0)
        if not finite.all():
            seconds = (start + int(finite.argmin())) / sample_rate
            raise ValueError(
                f"{path} holds NaN or infinity, first at {seconds:.3f} s: export it again."
            )
