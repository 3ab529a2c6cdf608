"""A style clip: where it comes from, what identifies it, and what the cache keeps about it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pedalboard import Gain

from effects.running.cache import Arrays, shared_cache
from effects.signal.arrays import Audio
from effects.signal.lazy import lazy
from effects.signal.limits import check_channels, check_rate
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened

#: A longer clip is represented by this much of it, in excerpts spread evenly over it, to limit the
#: time and memory of the statistics. Not searched.
MAX_SECONDS = 30.0
EXCERPT_SECONDS = 5.0
#: A clip whose samples are all smaller than this is silent: -200 dB.
MIN_PEAK = 1e-10


StyleSource = str | os.PathLike[str] | tuple[NDArray[np.floating], float]
"""A sound file, or audio as pedalboard takes it with its sample rate in Hz."""


@dataclass(frozen=True)
class Style:
    """A clip in memory or in a file, which is read when it is needed.

    Args:
        source: a path, or audio as pedalboard takes it with its sample rate in Hz.
        sha256: the hash of the file's bytes, if it is on record. What the cache has about the clip
            is then found without reading the file, and the hash is checked when the file is read.
        notes: a MIDI file of what the clip plays, if that is known.
        name: what to call it in messages and reports, in place of its path.

    Raises:
        TypeError: ``source`` is neither, or pedalboard does not take its audio.
        ValueError: the sample rate is no number or out of range, or there are too many channels.
        FileNotFoundError, IsADirectoryError: there is no such file.
    """

    source: StyleSource
    sha256: str | None = None
    notes: Path | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.source, (str, os.PathLike)):
            if Path(self.source).is_dir():
                raise IsADirectoryError(f"{os.fspath(self.source)!r} is a folder: name a clip.")
            if not Path(self.source).is_file():
                raise FileNotFoundError(f"There is no style clip at {os.fspath(self.source)!r}.")
            return
        if not (isinstance(self.source, tuple) and len(self.source) == 2):
            raise TypeError(
                "style must be a path or a tuple (audio, sample_rate), "
                f"not {type(self.source).__name__}."
            )
        audio, sample_rate = self.source
        if not isinstance(sample_rate, Real):
            raise ValueError(f"The style's sample rate must be a number, not {sample_rate!r}.")
        check_rate("A style", float(sample_rate))
        # pedalboard reads layouts and types; its copy does not see later writes to the array.
        copy = Gain(0)(audio, float(sample_rate))
        if copy.ndim == 2 and copy.shape[0] > copy.shape[1]:
            copy = copy.T
        check_channels("A style", len(np.atleast_2d(copy)))
        object.__setattr__(self, "source", (np.atleast_2d(copy), float(sample_rate)))

    def __str__(self) -> str:
        if self.name:
            return self.name
        if isinstance(self.source, tuple):
            audio, sample_rate = self.source
            return f"<{audio.shape[1] / sample_rate:.2f} s of audio>"
        return os.fspath(self.source)

    @lazy
    def digest(self) -> str:
        """The hash of the file's bytes, or of the audio in memory: the clip's key in the cache."""
        return self.sha256 or self._hash()

    def _hash(self) -> str:
        digest = hashlib.sha256()
        if isinstance(self.source, tuple):
            audio, sample_rate = self.source
            digest.update(f"{audio.shape} {sample_rate}".encode())
            digest.update(np.ascontiguousarray(audio).data)
        else:
            with Path(self.source).open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    def cached(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays:
        """What ``compute`` finds out about the clip, from the cache if it is there under ``key``.

        Raises:
            ValueError: the file's bytes do not have the hash that is on record.
        """

        def checked() -> Arrays:
            if self.sha256 and self._hash() != self.sha256:
                raise ValueError(
                    f"The style clip {self} is not the one that its preset.toml was written for "
                    "(sha256 differs): add the preset again."
                )
            return compute()

        return shared_cache().get({"clip": self.digest, **key}, checked)

    def excerpts(self) -> tuple[Audio, float]:
        """The clip, ``[channels, samples]``, or evenly spread excerpts of it if it is long.

        Raises:
            ValueError: it cannot be read, is empty or silent, or holds NaN or infinity.
        """
        if isinstance(self.source, tuple):
            audio, sample_rate = self.source
            parts = [audio[:, a:b] for a, b in spans(audio.shape[1], sample_rate)]
            clip = np.concatenate(parts, axis=1)
        else:
            clip, sample_rate = _read(self.source)
        if not np.isfinite(clip).all():
            raise ValueError(f"The style clip {self} holds NaN or infinity: render it again.")
        if not clip.size or np.abs(clip).max() < MIN_PEAK:
            raise ValueError(f"The style clip {self} is silent: choose one that sounds.")
        return clip.astype(np.float32, copy=False), float(sample_rate)


def _read(path: str | os.PathLike[str]) -> tuple[Audio, float]:
    try:
        with opened(path) as file:
            parts = []
            for start, end in spans(file.frames, file.header.sample_rate):
                file.seek(start)
                parts.append(file.read(end - start))
            return np.concatenate(parts, axis=1), float(file.header.sample_rate)
    except BadSound as error:
        raise ValueError(f"The style clip {os.fspath(path)!r} {error}.") from error


def spans(n_samples: int, sample_rate: float) -> list[tuple[int, int]]:
    """Which samples represent a clip: all of them, or excerpts from its start to its end."""
    if n_samples <= MAX_SECONDS * sample_rate:
        return [(0, n_samples)]
    count = round(MAX_SECONDS / EXCERPT_SECONDS)
    length = round(EXCERPT_SECONDS * sample_rate)
    starts = np.linspace(0, n_samples - length, count).astype(int)
    return [(int(start), int(start) + length) for start in starts]
