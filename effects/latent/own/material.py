"""What is heard of the pieces of a folder, and windows of it to learn from.

What is heard of a piece is kept in the work folder, so that it is heard once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from effects.latent.bands import BANDS, FRAMES, bands_of
from effects.latent.own import timbre_windows
from effects.latent.own.folder import Found
from effects.latent.own.score_windows import (
    NO_MISTAKES,
    Mistakes,
    Notes,
    ScoreWindows,
    joined,
    windows_of,
)
from effects.latent.own.timbre_windows import NO_LABEL, TimbreWindows, packed, packed_levels
from effects.latent.roll import WINDOW_SECONDS, roll_of
from effects.learned import array_file
from effects.learned.own_files import Skipped, Unusable, read_mono
from effects.notes.basic_pitch import RATE
from effects.notes.note import Note
from effects.notes.transcribe import transcribe
from effects.running.cores import blas_in_one_thread, in_threads, using
from effects.running.progress import Progress
from effects.signal.arrays import Mono

VERSION = 1  # of what is kept: another one is heard again
LEAST_SECONDS = 2 * WINDOW_SECONDS  # of a piece: two windows
LEAST_NOTES = 2  # heard in a piece, or nothing is learnt from it
MOST_BYTES = 16 << 20  # of a file that is kept: twenty minutes take 2 MB
#: From one window to the next in a lot, in seconds of music, and by how much a lot's pace differs
#: from the piece's: up to e^0.3, a third faster. Not searched.
HOP_SECONDS = (2.0, 5.0)
PACES = 0.3


@dataclass(frozen=True)
class Piece:
    """A piece that is learnt from.

    Attributes:
        found: its file.
        key: a hash of its contents and of how it was heard.
        seconds: how much of it was heard.
        notes: those that were heard.
        levels: its windows, as in `TimbreWindows`.
        scores: likewise.
    """

    found: Found
    key: str
    seconds: float
    notes: Notes
    levels: np.ndarray
    scores: np.ndarray


def listened(
    found: Sequence[Found],
    seconds: float,
    folder: Path,
    progress: Progress,
    *,
    threads: int | None = None,
    on_part: Callable[[float], object] = lambda fraction: None,
) -> tuple[list[Piece], list[Skipped]]:
    """All pieces that can be learnt from, and those that cannot, whatever is the matter.

    Args:
        found: their files.
        seconds: how much of each, from its middle.
        folder: where what is heard is kept.
        progress: what stops it, stops this.
        threads: pieces that are heard at once; None for as many as there are cores.
        on_part: told the fraction of pieces that are done.

    Raises:
        OSError: the folder cannot be written to.
    """
    pieces: list[Piece] = []
    skipped: list[Skipped] = []
    hear = partial(_piece, seconds=seconds, folder=folder, progress=progress)
    with using(threads), blas_in_one_thread():
        for done, it in enumerate(in_threads(hear, found)):
            if isinstance(it, Skipped):
                skipped.append(it)
            else:
                pieces.append(it)
            on_part((done + 1) / len(found))
    return pieces, skipped


def _piece(found: Found, seconds: float, folder: Path, progress: Progress) -> Piece | Skipped:
    progress.tick()
    try:
        key = _key(found.path, seconds)
        path = folder / f"{key}.npz"
        try:
            arrays, about = _kept(path)
        except (FileNotFoundError, ValueError):
            arrays, about = _heard(found.path, seconds, progress)
            array_file.save(path, arrays, about)
    except Unusable as error:
        reason = str(error).removeprefix(found.path.name).lstrip(": ")
        return Skipped(found.name, reason)
    if len(arrays["notes"]) < LEAST_NOTES:
        return Skipped(found.name, "no notes are heard in it")
    return Piece(found, key, about["seconds"], **arrays)


def _kept(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays, about = array_file.load(path, MOST_BYTES)
    if set(arrays) != {"notes", "levels", "scores"} or about.get("version") != VERSION:
        raise ValueError("other contents")
    windows = len(arrays["levels"])
    shapes = (arrays["notes"].shape[1:], arrays["levels"].shape[1:], len(arrays["scores"]))
    if shapes != ((3,), (FRAMES, BANDS), windows) or not isinstance(about.get("seconds"), float):
        raise ValueError("other contents")
    return arrays, about


def _key(path: Path, seconds: float) -> str:
    """Of the file's contents, not its name."""
    whole = hashlib.sha256(f"latent {VERSION} {seconds!r}".encode())
    try:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise Unusable(f"{os.strerror(error.errno or 0)}") from error
    return whole.hexdigest()


def _heard(path: Path, seconds: float, progress: Progress) -> tuple[dict[str, Any], dict[str, Any]]:
    sound = _middle(read_mono(path, RATE, LEAST_SECONDS), seconds)
    notes = transcribe(sound, RATE, lambda fraction: progress.tick())
    length = len(sound) / RATE
    bands, roll = bands_of(sound[None], RATE), roll_of(notes, length)
    windows = int(length // WINDOW_SECONDS)  # whole ones
    arrays = {
        "notes": _table(notes),
        "levels": packed_levels(bands[:windows]),
        "scores": packed(roll[:windows]),
    }
    return arrays, {"version": VERSION, "seconds": length}


def _middle(sound: Mono, seconds: float) -> Mono:
    """So much of a sound, from its middle: there it is least likely to be an intro."""
    count = min(len(sound), int(min(seconds, 1e6) * RATE))
    start = (len(sound) - count) // 2
    return sound[start : start + count]


def lots(pieces: Sequence[Piece], seed: int) -> Callable[[int], ScoreWindows]:
    """Windows of the pieces' scores, elsewhere and at other paces in each lot.

    Raises:
        ValueError: they have none.
    """

    def lot(number: int) -> ScoreWindows:
        rng = np.random.default_rng([seed, number])
        found = joined([moved_about(it.notes, it.seconds, rng, NO_MISTAKES) for it in pieces])
        return found if len(found) else whole_windows(pieces)

    if not len(whole_windows(pieces)):
        raise ValueError("In no four seconds of these pieces, two notes are heard to begin.")
    return lot


def moved_about(
    notes: Notes,
    seconds: float,
    rng: np.random.Generator,
    mistakes: Mistakes,
    most: int | None = None,
) -> ScoreWindows:
    """Windows of one score that begin anywhere, at a pace that is drawn; the first ``most``."""
    pace = float(np.exp(rng.uniform(-PACES, PACES)))
    starts = np.arange(-rng.random(), max(seconds - 1, 0), rng.uniform(*HOP_SECONDS) * pace)
    return windows_of(notes, starts[:most], pace=pace, mistakes=mistakes, rng=rng)


def whole_windows(pieces: Sequence[Piece]) -> ScoreWindows:
    """Windows of the pieces' scores as they are, one after the other."""
    length = WINDOW_SECONDS
    return joined([windows_of(it.notes, np.arange(0, it.seconds, length)) for it in pieces])


def timbres(pieces: Sequence[Piece], labels: Sequence[str]) -> TimbreWindows:
    """Windows of the pieces' sounds; ``labels`` are all that there are, in order."""
    numbers = {label: number for number, label in enumerate(labels)}
    return timbre_windows.joined(
        [(it.levels, it.scores, numbers.get(it.found.label, NO_LABEL)) for it in pieces]
    )


def labels_of(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Their labels in order; none if there are not two."""
    found = sorted({it.found.label for it in pieces} - {""})
    return tuple(found) if len(found) > 1 else ()


def _table(notes: Sequence[Note]) -> Notes:
    return np.array([(it.start, it.end, it.pitch) for it in notes], np.float64).reshape(-1, 3)
