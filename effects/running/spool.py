"""Long sounds that lie on the disk while a call needs them, so that memory has room for others.

What is read and written goes through the system's cache of the disk. The system takes that memory
back when it is short of it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import weakref
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Audio, Sound, Stretches

#: A shorter sound stays in memory: 64 MiB, three minutes of 44.1 kHz stereo. Not searched.
LEAST_BYTES = 64 << 20
STRETCH = 1 << 20  # samples at a time, to limit memory
ITEM = np.dtype(np.float32).itemsize


def gathered(parts: Iterable[Audio], shape: tuple[int, ...]) -> Sound:
    """A sound from its stretches, which are ``[channels, n]`` each, in order.

    A long one lies in a file without a name, which goes when the sound goes; threads may read it at
    the same time. If there is no room for it, or the platform cannot read files at a place
    (Windows), it is an array, as a short one is.

    Args:
        parts: they may share memory, since each is put away before the next is asked for.
        shape: of the sound, ``[channels, samples]``.
    """
    file = _open(shape) if ITEM * shape[0] * shape[1] >= LEAST_BYTES else None
    array = np.empty(shape if file is None else (shape[0], 0), np.float32)
    start = 0
    for part in parts:
        if file is not None:
            try:
                file.write(start, part)
            except OSError:  # the disk is full
                array, file = file.in_memory(), None
        if file is None:
            array[:, start : start + part.shape[1]] = part
        start += part.shape[1]
    return array if file is None else Stretches(shape, file.read)


def _open(shape: tuple[int, ...]) -> _File | None:
    """A file for a sound of this shape, if there can be one."""
    if hasattr(os, "pwrite"):
        with contextlib.suppress(OSError), tempfile.TemporaryFile() as file:
            return _File(shape, os.dup(file.fileno()))
    return None


class _File:
    """A sound in a file, one channel after the other.

    Args:
        shape: ``[channels, samples]``.
        file: its descriptor, which is closed when this object goes.
    """

    def __init__(self, shape: tuple[int, ...], file: int) -> None:
        self._shape, self._file = shape, file
        weakref.finalize(self, os.close, file)

    def write(self, start: int, part: Audio) -> None:
        """Put ``part``, ``[channels, n]``, at sample ``start``."""
        for channel, samples in enumerate(part):
            left = _bytes(np.ascontiguousarray(samples, np.float32))
            place = self._place(channel, start)
            while left:
                written = os.pwrite(self._file, left, place)
                left, place = left[written:], place + written

    def in_memory(self) -> Audio:
        """All of it; what is not written yet is silent."""
        found = np.zeros(self._shape, np.float32)
        for start in range(0, self._shape[1], STRETCH):
            part = found[:, start : start + STRETCH]
            part[:] = self.read(start, start + part.shape[1])
        return found

    def read(self, start: int, stop: int) -> Audio:
        """Samples ``start`` to ``stop`` (exclusive), ``[channels, stop - start]``."""
        found = np.zeros((self._shape[0], stop - start), np.float32)
        for channel, samples in enumerate(found):
            out, place = _bytes(samples), self._place(channel, start)
            while out and (data := os.pread(self._file, len(out), place)):
                out[: len(data)] = data
                out, place = out[len(data) :], place + len(data)
        return found

    def _place(self, channel: int, sample: int) -> int:
        return ITEM * (channel * self._shape[1] + sample)


def _bytes(samples: NDArray[np.float32]) -> memoryview:
    return memoryview(samples.view(np.uint8).data)
