"""A latent as a file: what a piece is in the latent space, and which networks said so.

A file is the arrays and the description below as `effects.learned.array_file` keeps them: numbers
alone, so that reading one runs nothing.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from effects.latent.codec import SCORE, TIMBRE, Codec, Z
from effects.latent.roll import WINDOW_SECONDS, n_windows
from effects.learned import array_file
from effects.signal.arrays import Values

KIND = "restyle latent"
VERSION = 1
#: A window takes 0.5 kB, so this is a day and a half.
MOST_BYTES = 16 << 20
Counts = NDArray[np.int64]
"""How many notes begin in each window, ``[windows]``."""


@dataclass(frozen=True)
class Latent:
    """What a piece is in the latent space.

    Attributes:
        name: what it was encoded from, for people.
        seconds: how long the piece is.
        z: ``[windows, 120]``, one row for each four seconds.
        strokes: how many notes begin in each window, ``[windows]``.
        levels_db: how loud each window is: root mean square below full scale in dB, ``[windows]``.
        weights_hash: which networks made it, as `Codec.weights_hash`.

    Raises:
        ValueError: they do not belong together, or are no finite numbers.
    """

    name: str
    seconds: float
    z: Z
    strokes: Counts
    levels_db: Values
    weights_hash: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seconds) and self.seconds > 0):
            raise ValueError("A latent's length must be more than 0 seconds.")
        windows = n_windows(self.seconds)
        shapes = {"z": (windows, SCORE + TIMBRE), "strokes": (windows,), "levels_db": (windows,)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(
                    f"A latent of {self.seconds:g} s has {windows} windows of "
                    f"{WINDOW_SECONDS:g} s, so its {name} has the shape {shape}, not {array.shape}."
                )
            if not np.isfinite(array).all():
                raise ValueError(f"A latent's {name} must not hold NaN or infinity.")
        if (self.strokes < 0).any():
            raise ValueError("A latent's strokes must not be negative.")

    def check(self, codec: Codec) -> None:
        """Raise ValueError if it was made with other networks than these: it means nothing then."""
        if self.weights_hash != codec.weights_hash:
            raise ValueError(
                f"The latent of {self.name} was made with the weights {self.weights_hash}, not "
                f"with {codec.weights_hash}: name those weights, or encode the piece again."
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all, in place of a file that is there.

        Raises:
            OSError: it cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "z": self.z.astype(np.float32),
            "strokes": self.strokes.astype(np.int64),
            "levels_db": self.levels_db.astype(np.float64),
        }
        about = {
            **{"kind": KIND, "version": VERSION, "name": self.name},
            **{"seconds": self.seconds, "weights": self.weights_hash},
        }
        array_file.save(Path(path), arrays, about)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` has written.

        Raises:
            FileNotFoundError, OSError: it cannot be read.
            ValueError: it is damaged, or no latent.
        """
        name = os.fspath(path)
        if Path(name).is_dir():
            raise IsADirectoryError(f"{name!r} is a folder: name a latent.")
        if not Path(name).is_file():
            raise FileNotFoundError(f"There is no latent at {name!r}.")
        try:
            arrays, about = array_file.load(Path(name), MOST_BYTES)
        except ValueError as error:
            raise ValueError(f"The latent {name!r} {error}.") from error
        try:
            return cls._of(arrays, about)
        except ValueError as error:
            raise ValueError(f"{name!r} is no latent that can be used: {error}") from error

    @classmethod
    def _of(cls, arrays: array_file.Arrays, about: dict[str, Any]) -> Self:
        """What a file holds, checked."""
        if about.get("kind") != KIND:
            raise ValueError("it is another kind of file.")
        if about.get("version") != VERSION:
            raise ValueError("it was written by another version of Restyle.")
        if arrays.keys() != {"z", "strokes", "levels_db"}:
            raise ValueError("it lacks arrays, or has others.")
        kinds = {name: array.dtype for name, array in arrays.items()}
        if kinds != {"z": np.float32, "strokes": np.int64, "levels_db": np.float64}:
            raise ValueError("its numbers are of other types.")
        name, seconds, weights = (about.get(it) for it in ("name", "seconds", "weights"))
        if not isinstance(name, str) or not isinstance(weights, str):
            raise ValueError("it says nothing of its name or weights.")
        if not re.fullmatch(r"[0-9a-f]{16}", weights):
            raise ValueError("its weights have no hash.")
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
            raise ValueError("it says nothing of its length.")
        return cls(name, float(seconds), weights_hash=weights, **arrays)
