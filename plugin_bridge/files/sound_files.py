"""Sound files in and out, by pedalboard: nothing is silently resampled, remixed or rounded.

A file is written with the depth of what was read, or the next that its format has:

========  ==========================================================
format    bits per sample
========  ==========================================================
WAV       8, 16, 24, 32 (floating point)
AIFF      8, 16, 24
FLAC      16, 24
OGG, MP3  none; the best quality, at most 320 kbit/s for MP3
========  ==========================================================

Floating-point, 32-bit integer and lossy samples count as 32 bits; A-law and µ-law as 16.

Why not soundfile (libsndfile 1.2.2 compared with pedalboard 0.9.26 on all these formats): it takes
an integer n of b bits for n / 2^(b-1), pedalboard for n / (2^(b-1) - 1), so each 16-bit sound would
differ by -90 dB and each 8-bit one by -42 dB; it leaves out an MP3's padding, so lengths would
differ; it writes other bytes, except for AIFF. All checks below but the one of FLAC would stay: it,
too, reads a WAV or AIFF file that is cut short as a whole one, and a broken OGG file as empty.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pedalboard.io import AudioFile, ReadableAudioFile, WriteableAudioFile

from effects.signal.arrays import Audio
from plugin_bridge.files.whole_files import replacing

BLOCK = 1 << 20  # samples of a channel converted together: 8 MB of doubles; by guess
COMPANDED = (6, 7)  # the WAV format tags of A-law and µ-law, which pedalboard calls float32


class Format(NamedTuple):
    """What a kind of file can hold: pedalboard's name for it, and its bits per sample."""

    name: str
    depths: tuple[int, ...]

    def depth_for(self, bits: int) -> int:
        """The least depth that holds ``bits``, or the greatest there is."""
        return next((depth for depth in self.depths if depth >= bits), self.depths[-1])


_WAV = Format("wav", (8, 16, 24, 32))
_AIFF = Format("aiff", (8, 16, 24))
FORMATS = {
    ".wav": _WAV,
    ".bwf": _WAV,
    ".aiff": _AIFF,
    ".aif": _AIFF,
    ".flac": Format("flac", (16, 24)),
    ".ogg": Format("ogg", (32,)),
    ".mp3": Format("mp3", (32,)),
}


@dataclass(frozen=True)
class Sound:
    """Audio as a file holds it.

    Attributes:
        audio: float32, (channels, samples); integers of a file become -1 to 1.
        sample_rate: in Hz.
        bits: per sample, in the file.
    """

    audio: Audio
    sample_rate: int
    bits: int = 32

    def with_audio(self, audio: Audio) -> Sound:
        """The same kind of file, with other audio in it."""
        return replace(self, audio=audio)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.audio.shape[1] / self.sample_rate)


def read(path: Path) -> Sound:
    """Read a sound file.

    Raises:
        OSError: it is not there, or may not be read.
        ValueError: it is not audio, is empty, damaged or cut short, holds NaN or infinity, or has
            a sample rate that is not a whole number.
    """
    with path.open("rb") as probe:
        head = probe.read(BLOCK)
    companded = _wav_tag(head) in COMPANDED
    try:
        with AudioFile(str(path)) as file:
            dtype = file.file_dtype  # int16, float32, ...
            bits = 16 if companded else int(dtype.removeprefix("int").removeprefix("float"))
            _check_length(path, file, 8 if companded else bits)
            audio = file.read(file.frames) if file.frames else np.zeros((1, 0), np.float32)
            sample_rate = file.samplerate
    except RuntimeError as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error
    if not audio.size:
        raise ValueError(f"{path} holds no audio.")
    if sample_rate != int(sample_rate):
        raise ValueError(
            f"{path} has a sample rate of {sample_rate} Hz: convert it to a whole number first."
        )
    _check_finite(path, audio, sample_rate)
    _check_flac(path, audio, bits, head)
    return Sound(audio, int(sample_rate), min(bits, 32))


def check_suffix(path: Path) -> None:
    """Raise ValueError unless ``path`` ends like a sound file that can be written."""
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ValueError(f"{path}: the name of a sound file must end in one of {known}.")


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
    with replacing(path) as temporary:
        write_in_place(temporary, sound)


def write_in_place(path: Path, sound: Sound) -> None:
    """Write ``sound`` to ``path``.

    Raises:
        OSError: the disk is full, for example. (Given a name instead of an open file, pedalboard
            does not notice that for OGG.)
    """
    with path.open("w+b") as raw:
        write_into(raw, path, sound)


def write_into(raw: io.BufferedRandom, path: Path, sound: Sound) -> None:
    """Write ``sound`` to the open file ``raw``, as the kind of file that ``path``'s suffix says.

    Raises:
        OSError: as `write_in_place`.
    """
    with _open(raw, path, sound) as file:
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
    floating = FORMATS[path.suffix.lower()] is _WAV and not _is_integer(path, sound)
    # The most negative sample is read as a little more than 1: 1.00003 of 16 bits, 1.008 of 8.
    full_scale = 1 / (1 - 0.5 ** (min(sound.bits, 16) - 1))
    return not floating and max(sound.audio.max(), -sound.audio.min()) > full_scale + 1e-6


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
    )


def round_to_depth(audio: Audio, bits: int) -> NDArray[np.int32]:
    """The nearest integers of so many bits, in the upper bits of 32, as pedalboard takes them.

    Given floats, pedalboard rounds them down, which would alter what it has read.
    """
    top = 2 ** (bits - 1) - 1
    integers = np.clip(np.rint(audio.astype(np.float64) * top), -top - 1, top)
    shifted: NDArray[np.int32] = np.left_shift(integers.astype(np.int32), 32 - bits)
    return shifted


def _wav_tag(head: bytes) -> int | None:
    """The format tag of a WAV file: 1 is integers, 3 is floats."""
    start = head.find(b"fmt ")
    if head[:4] not in (b"RIFF", b"RF64") or start < 0:
        return None
    return int.from_bytes(head[start + 8 : start + 10], "little")


def _check_length(path: Path, file: ReadableAudioFile, bits: int) -> None:
    """Refuse a file that is shorter than its header says: pedalboard would read silence there."""
    if FORMATS.get(path.suffix.lower()) not in (_WAV, _AIFF):
        return
    if file.frames * file.num_channels * bits // 8 > path.stat().st_size:
        raise ValueError(
            f"{path} is cut short (or came out of a pipe): its header promises more sound than "
            "it holds. Export it again."
        )


def _check_flac(path: Path, audio: Audio, bits: int, head: bytes) -> None:
    """Check ``audio`` by the checksum in a FLAC file: pedalboard reads damage as silence.

    Files of a depth other than 16 or 24 bits, and those without a checksum, pass.
    """
    wanted = head[26:42]  # the last field of the block that begins each FLAC file
    if head[:4] != b"fLaC" or bits not in (16, 24) or not any(wanted):
        return
    digest = hashlib.md5(usedforsecurity=False)
    for start in range(0, audio.shape[1], BLOCK):
        integers = round_to_depth(audio[:, start : start + BLOCK], bits).T >> (32 - bits)
        in_bytes = np.ascontiguousarray(integers, "<i4").view(np.uint8).reshape(-1, 4)
        digest.update(in_bytes[:, : bits // 8].tobytes())
    if digest.digest() != wanted:
        raise ValueError(f"{path} is damaged or cut short: export it again.")


def _check_finite(path: Path, audio: Audio, sample_rate: float) -> None:
    for start in range(0, audio.shape[1], BLOCK):
        finite = np.isfinite(audio[:, start : start + BLOCK]).all(axis=0)
        if not finite.all():
            seconds = (start + int(finite.argmin())) / sample_rate
            raise ValueError(
                f"{path} holds NaN or infinity, first at {seconds:.3f} s: export it again."
            )
