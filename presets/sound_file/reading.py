"""The samples of a sound file, decoded by libsndfile once its header has been checked.

libsndfile and no other library: of 20 000 damaged files of all kinds it crashed on none and hung
on none, while pedalboard's reader did both (`tests/attack` repeats that). It also gives an MP3 file
back as long as it was before it was encoded, and in time.

Integers become floats as pedalboard has it, which the rest of Restyle plays and writes with: n of b
bits is n / (2^(b-1) - 1), computed as a product in single precision. So a sound read here and one
read by pedalboard have the same bits, except for Ogg (whose last bit may differ) and MP3 files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from presets.opening import open_regular
from presets.sound_file.header import BadSound
from presets.sound_file.look import check_memory, look

if TYPE_CHECKING:
    from soundfile import SoundFile

BLOCK = 1 << 16  # samples of a channel decoded together: 2 MB of eight channels. Not searched

Samples = NDArray[np.float32]  # (channels, samples)


class Reader:
    """A sound file that is open, to be read in parts or as a whole.

    Args:
        file: an ordinary file, open to be read; it stays open. Its position is moved.

    Attributes:
        header: what it says of itself.
        frames: how many samples each channel has.

    Raises:
        BadSound: it is not a sound that can be read.
    """

    def __init__(self, file: BinaryIO) -> None:
        import soundfile

        self.header = look(file)
        self._bytes = os.fstat(file.fileno()).st_size
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        with self._decoding():
            self._sound: SoundFile = soundfile.SoundFile(file.fileno(), closefd=False)
        self._check_agreement()
        # Of an MP3 file that does not say how long it is, libsndfile may expect more than there is.
        self.frames = min(self._sound.frames, self.header.frames)

    def close(self) -> None:
        """Let go of what the library keeps; the file stays open."""
        with self._decoding():
            self._sound.close()

    def seek(self, frame: int) -> None:
        """Read on from this sample."""
        with self._decoding():
            self._sound.seek(frame)

    def read(self, frames: int) -> Samples:
        """The next samples, (channels, frames) in float32; integers become -1 to 1.

        Raises:
            BadSound: the file is damaged, so that some cannot be decoded.
        """
        return self._read(frames, lambda block: None)

    def read_all(self) -> Samples:
        """All samples, compared with the file's checksum if it has one.

        Raises:
            BadSound: as `read`, or the checksum differs.
        """
        self.seek(0)
        wanted = self.header.md5
        if not wanted:
            return self.read(self.frames)
        digest = hashlib.md5(usedforsecurity=False)
        found = self._read(
            self.frames, lambda block: digest.update(_packed(block, self.header.bits))
        )
        if digest.digest() != wanted:
            raise _damaged()
        return found

    def _read(self, frames: int, on_block: Callable[[NDArray[Any]], None]) -> Samples:
        """The next samples; ``on_block`` gets each block of them as it was decoded."""
        found = np.empty((self.header.channels, frames), np.float32)
        for start in range(0, frames, BLOCK):
            part = found[:, start : start + BLOCK]
            block = self._block(part.shape[1])
            on_block(block)
            part[:] = self._scaled(block)
        return found

    def _block(self, frames: int) -> NDArray[Any]:
        """The next samples as they are decoded: (frames, channels), integers in the upper bits."""
        kind = "int32" if self.header.integers else "float32"
        with self._decoding():
            block: NDArray[Any] = self._sound.read(frames, dtype=kind, always_2d=True)
        if len(block) < frames:
            raise _damaged()
        return block

    def _scaled(self, block: NDArray[Any]) -> Samples:
        """A block as (channels, frames) in float32."""
        if not self.header.integers:
            return block.T
        bits = self.header.bits
        unit = np.float32(1 / (2 ** (bits - 1) - 1))
        scaled: Samples = (block.T >> (32 - bits)).astype(np.float32) * unit
        return scaled

    def _check_agreement(self) -> None:
        """Check that libsndfile has found what the header says. Raises BadSound."""
        header, sound = self.header, self._sound
        if (sound.samplerate, sound.channels) != (header.sample_rate, header.channels):
            raise _damaged()
        lacking = header.frames - sound.frames
        if header.container == "MP3" and not header.slack and lacking > 0:
            raise BadSound(
                "does not say how long it is, and its bit rate varies: convert it to WAV"
            )
        if sound.frames < 1 or (header.slack is not None and lacking > header.slack):
            raise _damaged()
        check_memory(4 * sound.frames * header.channels, self._bytes)

    @contextlib.contextmanager
    def _decoding(self) -> Iterator[None]:
        """Turn what the library raises into `BadSound`, and keep its own remarks off stderr."""
        import soundfile

        try:
            with (
                _STDERR.without_remarks()
                if self.header.container == "MP3"
                else contextlib.nullcontext()
            ):
                yield
        except soundfile.LibsndfileError as error:
            raise _damaged() from error


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Reader]:
    """Open a sound file to be read.

    Raises:
        OSError: it cannot be opened.
        NotOrdinary: it is no ordinary file.
        BadSound: it is not a sound that can be read.
    """
    with open_regular(path) as file, contextlib.closing(Reader(file)) as reader:
        yield reader


def _packed(block: NDArray[Any], bits: int) -> bytes:
    """Integers as a FLAC file's checksum has them: little-endian, in as few bytes as hold them."""
    integers = np.ascontiguousarray(block >> (32 - bits), "<i4").view(np.uint8).reshape(-1, 4)
    return integers[:, : bits // 8].tobytes()


def _damaged() -> BadSound:
    return BadSound("is damaged or cut short: export it again")


class _Stderr:
    """The process's stderr, which one thread at a time may turn off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):  # the thread that holds it does not go on in a child
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def without_remarks(self) -> Iterator[None]:
        """Keep what C code prints to stderr off the terminal.

        libsndfile has mpg123 decode MP3 files, which prints a line for each damaged frame, and
        cannot be told not to. The descriptor is the whole process's, so lines that other threads
        print meanwhile are lost as well: some milliseconds' worth.
        """
        with self._lock:
            try:
                kept = os.dup(2)
            except OSError:  # there is no stderr
                yield
                return
            try:
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, 2)
                os.close(nothing)
                yield
            finally:
                os.dup2(kept, 2)
                os.close(kept)


_STDERR = _Stderr()
