"""A song as an option of an effect: a file, stems, or audio in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.boards.contract import Intake
from effects.mashing.source import AnyPath, Source

SongSource = AnyPath | Sequence[AnyPath] | tuple[NDArray[np.floating], float]
"""A sound file, a folder of stems, several files that are stems of one song, or audio as pedalboard
takes it with its sample rate in Hz."""


def checked(name: str, song: Any) -> SongSource:
    """A song as it is given; audio in memory as a copy, as pedalboard reads it.

    Args:
        name: of the option, for messages.
        song: what was given.

    Raises:
        TypeError: it is no song.
        ValueError: the audio cannot be used.
        FileNotFoundError: there is no such file.
    """
    if _is_audio(song):
        audio, sample_rate = song
        if isinstance(sample_rate, bool) or not isinstance(sample_rate, Real):
            raise TypeError(f"The sample rate of {name} must be a number, not {sample_rate!r}.")
        copy = Intake().take(audio, float(sample_rate)).audio
        return Source(f"Song {name}", copy, float(sample_rate)).audio, float(sample_rate)
    paths = [song] if isinstance(song, (str, os.PathLike)) else song
    if not isinstance(paths, Sequence) or not all(
        isinstance(it, (str, os.PathLike)) for it in paths
    ):
        raise TypeError(
            f"{name} must be a path, a sequence of paths (stems) or a tuple (audio, sample_rate), "
            f"not {type(song).__name__}."
        )
    for it in paths:
        if not Path(it).exists():
            raise FileNotFoundError(f"There is no song at {os.fspath(it)!r}.")
    return song if isinstance(song, (str, os.PathLike)) else tuple(song)


def read(name: str, song: Any) -> Source:
    """The song; audio in memory is called ``name``. Raises as `Source.read` does."""
    return Source(name, *song) if _is_audio(song) else Source.read(song)


def named(song: Any) -> str:
    """A song in a repr."""
    if _is_audio(song):
        audio, sample_rate = song
        return f"<{audio.shape[1] / sample_rate:.2f} s of audio>"
    return os.fspath(song) if isinstance(song, (str, os.PathLike)) else " + ".join(map(str, song))


def _is_audio(song: Any) -> bool:
    return isinstance(song, tuple) and len(song) == 2 and isinstance(song[0], np.ndarray)
