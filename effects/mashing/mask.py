"""The mask of a mashup: which song is heard, at each moment and frequency."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Values
from effects.signal.stft import Stft

LEVELS = 255  # of a mask: a step is 0.4 %, so what is rounded away lies 54 dB below the songs
Steps = NDArray[np.uint8]
"""A mask in steps of 1 / `LEVELS`."""

#: The arrays of a file, and their dimensions.
_ARRAYS = {
    **{"mask": 2, "frequencies": 1, "times": 1, "a_seconds": 1, "b_seconds": 1},
    **{"a_semitones": 0, "b_semitones": 0, "rests": 2},
}


@dataclass(frozen=True)
class Mask:
    """Which of two songs is heard: 0 is A, 1 is B.

    The sound is (1 - mask) A + mask B of their short-time spectra, brought to their levels, before
    it is made as loud as B.

    Attributes:
        steps: the mask in steps of 1 / `LEVELS`, ``[bins, frames]``.
        frequencies: of the bins in Hz, ``[bins]``, evenly spaced from 0 up.
        times: of the frames' middles in seconds of the mashup, ``[frames]``, evenly spaced.
        a_seconds: which moment of A is heard in each frame, ``[frames]``; NaN for none.
        b_seconds: likewise of B.
        a_semitones: how much higher A is played than it is.
        b_semitones: likewise of B.
        rests: from when to when, in seconds of the mashup, the lead rests and something else is
            faded in for it, ``[rests, 2]``.
    """

    steps: Steps
    frequencies: Values
    times: Values
    a_seconds: Values
    b_seconds: Values
    a_semitones: int
    b_semitones: int
    rests: Values

    @property
    def mask(self) -> NDArray[np.float16]:
        """The mask, ``[bins, frames]``, 0 to 1. Half precision tells all its steps apart."""
        found: NDArray[np.float16] = (np.arange(LEVELS + 1) / LEVELS).astype(np.float16)[self.steps]
        return found

    def save(self, file: str | os.PathLike[str] | BinaryIO) -> None:
        """Write it as MASK.npz, compressed: the attributes, with ``mask`` in place of ``steps``.

        Raises:
            OSError: it cannot be written.
        """
        named = {name: getattr(self, name) for name in _ARRAYS}
        if isinstance(file, (str, os.PathLike)):
            with open(file, "wb") as opened:
                np.savez_compressed(opened, **named)
        else:
            np.savez_compressed(file, **named)

    @classmethod
    def load(cls, file: str | os.PathLike[str] | BinaryIO) -> Self:
        """Read what `save` has written.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no such file.
        """
        try:
            with np.load(file, allow_pickle=False) as found:
                arrays = {name: found[name] for name in _ARRAYS}
        except OSError:
            raise
        except Exception as error:  # zipfile's, zlib's and numpy's own for what is damaged
            raise ValueError(f"{_name(file)} is not a mask of a mashup.") from error
        _check(_name(file), arrays)
        steps = np.rint(arrays.pop("mask").astype(np.float32) * LEVELS).astype(np.uint8)
        a_semitones, b_semitones = (int(arrays.pop(it)) for it in ("a_semitones", "b_semitones"))
        values = {name: it.astype(np.float64) for name, it in arrays.items()}
        return cls(steps=steps, a_semitones=a_semitones, b_semitones=b_semitones, **values)


def frequencies_of(grid: Stft, sample_rate: float) -> Values:
    """The frequencies of the bins of a transform in Hz, ``[bins]``."""
    return np.asarray(np.arange(grid.size // 2 + 1) * (sample_rate / grid.size))


def times_of(grid: Stft, sample_rate: float, n_frames: int) -> Values:
    """The middles of the frames of a transform in seconds, ``[n_frames]``."""
    return np.asarray(np.arange(n_frames) * (grid.hop / sample_rate))


def _check(name: str, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Check that a file's arrays make a mask. Raises ValueError."""
    bins, frames = arrays["mask"].shape if arrays["mask"].ndim == 2 else (-1, -1)
    wanted = {
        **{"frequencies": (bins,), "a_semitones": (), "b_semitones": ()},
        **dict.fromkeys(("times", "a_seconds", "b_seconds"), (frames,)),
    }
    for it, array in arrays.items():
        if array.ndim != _ARRAYS[it] or array.shape != wanted.get(it, array.shape):
            raise ValueError(f"{name} is not a mask of a mashup: {it} has a wrong shape.")
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} is not a mask of a mashup: {it} holds no numbers.")
    mask = arrays["mask"].astype(np.float32)
    if not ((mask >= 0) & (mask <= 1)).all():
        raise ValueError(f"{name} is not a mask of a mashup: mask leaves 0 to 1.")
    if arrays["rests"].shape[1] != 2:
        raise ValueError(f"{name} is not a mask of a mashup: rests has a wrong shape.")


def _name(file: str | os.PathLike[str] | BinaryIO) -> str:
    return os.fspath(file) if isinstance(file, (str, os.PathLike)) else "The file"
