"""Files around training on a folder of one's own: sounds that are read, weights to be written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr  # type: ignore[import-untyped]

from effects.signal.arrays import Mono
from presets.opening import NotOrdinary
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened

#: Other files of a folder are passed over in silence.
SUFFIXES = frozenset({".mp3", ".wav", ".wave", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus"})
MOST_SECONDS = 20 * 60.0  # of a file; what comes after is not looked at, to limit memory


@dataclass(frozen=True)
class Skipped:
    """Something of the folder that is not learnt from.

    Attributes:
        name: of the file, or of what it is part of.
        reason: why, in a few words.
    """

    name: str
    reason: str


class Unusable(Exception):  # noqa: N818 - says why
    """What is the matter with a file."""


def check_folder(folder: Path, contents: str) -> None:
    """Raise FileNotFoundError or NotADirectoryError if there is no such folder.

    Args:
        folder: it.
        contents: what should be in it, for the message.
    """
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}: name one with {contents}.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{str(folder)!r} is a file: name a folder with {contents}.")


def read_mono(path: Path, rate: int, least_seconds: float) -> Mono:
    """A sound file in mono, at most `MOST_SECONDS` of it.

    Args:
        path: the file.
        rate: the rate that is wanted, in Hz.
        least_seconds: a shorter one is of no use.

    Raises:
        Unusable: it cannot be read, or is too short or silent.
    """
    try:
        with opened(path) as file:
            own_rate = file.header.sample_rate
            sound = file.read(min(file.frames, int(MOST_SECONDS * own_rate)))
    except (BadSound, NotOrdinary) as error:
        raise Unusable(f"{path.name} {error}") from error
    except OSError as error:
        raise Unusable(f"{path.name}: {os.strerror(error.errno or 0)}") from error
    mono = np.asarray(soxr.resample(sound.mean(0), own_rate, rate), np.float32)
    if len(mono) < least_seconds * rate:
        raise Unusable(f"{path.name} is shorter than {least_seconds:.0f} s")
    if not np.isfinite(mono).all() or not mono.any():
        raise Unusable(f"{path.name} is silent, or holds no numbers")
    return mono


def check_target(out: Path) -> Path:
    """Where weights can be written, as far as one can tell before.

    Raises:
        ValueError: the name is no good.
        FileNotFoundError, PermissionError: the folder is not there, or may not be written to.
    """
    if out.suffix.lower() != ".npz":
        raise ValueError(f"Weights are written as .npz: name {out.with_suffix('.npz').name!r}.")
    if out.is_dir():
        raise ValueError(f"{str(out)!r} is a folder: name a file.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(out.parent)!r}: make it first.")
    if not os.access(out.parent, os.W_OK):
        raise PermissionError(f"{str(out.parent)!r} cannot be written to: name another folder.")
    return out


def reasons(skipped: Sequence[Skipped]) -> str:
    """Why the first three were left out, in one line."""
    why = "; ".join(f"{it.name}: {it.reason}" for it in skipped[:3])
    return why + (f"; and {len(skipped) - 3} more" if len(skipped) > 3 else "")
