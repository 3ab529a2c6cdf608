"""A song that is mashed: a file, a sound in memory, or its stems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from effects.mashing.stems import Stems, joined
from effects.signal.arrays import Audio
from effects.signal.limits import check_channels, check_rate
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened

#: Files in a folder of stems that are taken for sounds: what `presets.sound_file` reads.
SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus", ".mp3")
#: A stem more in a folder than this is refused: it is likely a folder of songs. Not searched.
MOST_STEMS = 64

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Source:
    """A song as it is given.

    Attributes:
        name: for messages and reports.
        audio: ``[channels, samples]``; the sum of its stems, if there are any.
        sample_rate: in Hz.
        stems: its lead, rhythm and harmony, if they are known.

    Raises:
        ValueError: the sound is empty, holds NaN or infinity, or has a rate or a number of
            channels that is not taken.
    """

    name: str
    audio: Audio
    sample_rate: float
    stems: Stems | None = None

    def __post_init__(self) -> None:
        check_rate(self.name, self.sample_rate)
        if self.audio.ndim != 2 or not self.audio.size:
            raise ValueError(f"{self.name} is empty: choose a sound with samples in it.")
        check_channels(self.name, len(self.audio))
        if not all(np.isfinite(channel).all() for channel in self.audio):
            raise ValueError(f"{self.name} holds NaN or infinity: render it again.")

    @classmethod
    def read(cls, path: AnyPath | Sequence[AnyPath]) -> Self:
        """Read a sound file; or a folder of stems, or several files, as the stems of one song.

        Raises:
            FileNotFoundError: there is nothing there.
            OSError: a file cannot be read.
            ValueError: it is no sound, or a folder in which none is a lead, or as the class.
            TypeError: it is no path.
        """
        if isinstance(path, (str, os.PathLike)):
            if not Path(path).is_dir():
                return cls(os.fspath(path), *_samples(path))
            name, paths = os.fspath(path), _sounds_in(Path(path))
        else:
            paths = [Path(it) for it in path]
            name = " + ".join(it.name for it in paths) or "a song without files"
        stems = ((it.stem, *_samples(it)) for it in paths)
        parts, rate = joined(name, _checked(stems))
        return cls(name, parts.mixture, rate, parts)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.audio.shape[1] / self.sample_rate)


def _sounds_in(folder: Path) -> list[Path]:
    """The sound files of a folder, by name. Raises ValueError if there are none, or too many."""
    found = sorted(
        it for it in folder.iterdir() if it.suffix.lower() in SUFFIXES and it.name[0] != "."
    )
    if not found:
        raise ValueError(f"There is no sound file in {os.fspath(folder)!r}: stems are wanted.")
    if len(found) > MOST_STEMS:
        raise ValueError(
            f"{os.fspath(folder)!r} holds {len(found)} sounds; stems of a song are at most "
            f"{MOST_STEMS}."
        )
    return found


def _samples(path: AnyPath) -> tuple[Audio, float]:
    """The samples of a file, and its rate in Hz."""
    if not Path(path).exists():
        raise FileNotFoundError(f"There is no song at {os.fspath(path)!r}.")
    try:
        with opened(path) as file:
            return file.read_all(), float(file.header.sample_rate)
    except BadSound as error:
        raise ValueError(f"The song {os.fspath(path)!r} {error}.") from error


def _checked(
    stems: Iterable[tuple[str, Audio, float]],
) -> list[tuple[str, Audio, float]]:
    """The stems, each checked as a song is."""
    return [(it.name, it.audio, it.sample_rate) for it in (Source(*stem) for stem in stems)]
