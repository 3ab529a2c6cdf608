"""Mashups as a network learns from them: in time with their songs, with the gains of both.

What is found out of a mashup is kept in the work folder, so that it is found out once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.learned import array_file
from effects.learned.own_files import Skipped, Unusable, read_mono
from effects.mashing.grid import grid_of
from effects.mashing.networks import BINS
from effects.mashing.own.folder import Mashup
from effects.mashing.own.gains import find_gains
from effects.mashing.own.pairing import Place, find_place
from effects.mashing.own.traces import RATE
from effects.signal.arrays import Mono
from effects.signal.loudness import loudness
from effects.warping.timeline import Passage, Timeline
from effects.warping.warp import warped

VERSION = 1  # of what is kept: another one is found out again
LEAST_SECONDS = 5.0  # of a mashup: a window of training lasts 6 s
LEVEL_SECONDS = 0.5  # for finding where a mashup is loudest; not searched
NODE_SECONDS = 2.0  # from one node of a timeline to the next, as `effects.warping.warp` cuts
EDGE_SECONDS = 0.1  # a song that begins so soon begins with the mashup, after some silence
#: Of a mashup whose songs explain less of it than this, nothing is learnt. The issue's figure.
LEAST_EXPLAINED = 0.6
MOST_BYTES = 1 << 30  # of a file that is kept: ten minutes take 180 MB


@dataclass(frozen=True)
class Lesson:
    """A mashup that is learnt from; its arrays are in a file.

    Attributes:
        name: the mashup's file.
        key: a hash of its files and of how they were read.
        path: the file with its arrays.
        frames: how many it has.
        about: places of both songs, the share that is explained, as JSON can hold it.
    """

    name: str
    key: str
    path: Path
    frames: int
    about: Mapping[str, Any]

    def read(self) -> Arrays:
        """Its arrays.

        Raises:
            ValueError: the file was damaged meanwhile.
        """
        found, _ = _kept(self.path)
        return Arrays(**found)


@dataclass(frozen=True)
class Arrays:
    """A mashup and its songs, ``[frames, BINS]`` each, with A as loud as B.

    Attributes:
        mashup: magnitudes, at the level at which gains of 1 give its songs.
        a: magnitudes of A, in time with the mashup.
        b: of B.
        gain_a: of A in the mashup, 0 to 255.
        gain_b: of B.
        explained: how well they explain it, 0 to 255; 0 where they do not.
    """

    mashup: NDArray[np.float16]
    a: NDArray[np.float16]
    b: NDArray[np.float16]
    gain_a: NDArray[np.uint8]
    gain_b: NDArray[np.uint8]
    explained: NDArray[np.uint8]


def lesson_of(mashup: Mashup, seconds: float, folder: Path) -> Lesson | Skipped:
    """A mashup, ready to be learnt from; or why it cannot be.

    Args:
        mashup: its files.
        seconds: how much of it: where it is loudest.
        folder: where what is found out is kept.

    Raises:
        OSError: the folder cannot be written to.
    """
    try:
        key = _key(mashup, seconds)
        path = folder / f"{key}.npz"
        try:
            arrays, about = _kept(path)
        except (FileNotFoundError, ValueError):
            arrays, about = _find_out(mashup, seconds)
            array_file.save(path, arrays, about)
    except Unusable as error:
        return Skipped(mashup.path.name, str(error))
    if about["explained"] < LEAST_EXPLAINED:
        least = f"{LEAST_EXPLAINED:.0%} is needed"
        return Skipped(mashup.path.name, f"its songs explain {about['explained']:.0%}: {least}")
    return Lesson(mashup.path.name, key, path, len(arrays["mashup"]), about)


def _kept(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays, about = array_file.load(path, MOST_BYTES)
    wanted = set(Arrays.__annotations__)
    shapes = {it.shape for it in arrays.values()}
    if set(arrays) != wanted or len(shapes) != 1 or about.get("version") != VERSION:
        raise ValueError("other contents")
    return arrays, about


def _key(mashup: Mashup, seconds: float) -> str:
    """Of the files' contents, not their names."""
    whole = hashlib.sha256(f"{VERSION} {seconds!r}".encode())
    for path in (mashup.path, *mashup.originals):
        try:
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise Unusable(f"{path.name}: {os.strerror(error.errno or 0)}") from error
    return whole.hexdigest()


def _find_out(mashup: Mashup, seconds: float) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    whole = read_mono(mashup.path, RATE, LEAST_SECONDS)
    start = _loudest(whole, round(seconds * RATE))
    excerpt = whole[start : start + round(seconds * RATE)]
    songs = [read_mono(it, RATE, LEAST_SECONDS) for it in mashup.originals]
    places = [find_place(excerpt, it) for it in songs]
    a, b = (_in_time(*it, len(excerpt)) for it in zip(songs, places, strict=True))
    levels = [loudness(it[None], RATE) for it in (a, b)]
    if not np.isfinite(levels).all():
        raise Unusable("one of its songs is silent where the mashup comes from")
    a *= np.float32(10 ** ((levels[1] - levels[0]) / 20))
    m, a, b = (_magnitudes(it) for it in (excerpt, a, b))
    gains = find_gains(m, a, b)
    about = {
        "version": VERSION,
        "start_seconds": start / RATE,
        "explained": gains.share,
        "a": _told(places[0]),
        "b": _told(places[1]),
    }
    unit = max(float(np.sqrt(np.mean(b**2))), 1e-9)
    halves = {"mashup": m / gains.level, "a": a, "b": b}
    arrays = {name: (it / unit).clip(0, 6e4).astype(np.float16) for name, it in halves.items()}
    bytes_of = {"gain_a": gains.a, "gain_b": gains.b, "explained": gains.explained}
    return arrays | {n: np.round(255 * it).astype(np.uint8) for n, it in bytes_of.items()}, about


def _told(place: Place) -> dict[str, float]:
    return {
        "ratio": place.ratio,
        "semitones": place.semitones,
        "begin_seconds": float(place.begin_seconds),
        "likeness": place.likeness,
    }


def _loudest(sound: Mono, samples: int) -> int:
    """Where the loudest stretch of so many samples begins.

    There both songs are most likely to be heard: intros and ends mostly have one. Levels are
    amplitudes, not powers, so that one bang is not taken for a loud stretch.
    """
    step = round(LEVEL_SECONDS * RATE)
    whole = sound[: len(sound) // step * step].reshape(-1, step)
    levels = np.sqrt(np.square(whole, dtype=np.float64).mean(1))
    width = max(samples // step, 1)
    if len(levels) <= width:
        return 0
    sums = np.convolve(levels, np.ones(width), "valid")
    return min(int(sums.argmax()) * step, len(sound) - samples)


def _in_time(song: Mono, place: Place, samples: int) -> Mono:
    """A song as it is heard in the mashup."""
    first, last = ((it - place.begin_seconds) / place.ratio for it in (0, len(song) / RATE))
    end = samples / RATE
    start = first if first > EDGE_SECONDS else 0.0
    stop = last if last < end - EDGE_SECONDS else end
    if stop - start < LEAST_SECONDS / 2:
        raise Unusable("one of its songs is not found in it")
    nodes = np.linspace(start, stop, max(round((stop - start) / NODE_SECONDS), 1) + 1)
    timeline = Timeline((Passage(nodes, place.at(nodes)),), place.semitones)
    heard = warped(song[None], RATE, timeline, samples, threads=1)
    return np.array(heard[:, :][0], np.float32)


def _magnitudes(sound: Mono) -> NDArray[np.float32]:
    grid = grid_of(RATE)
    return np.abs(grid.analyse(sound, 0, grid.n_frames(len(sound)))[:, :BINS])


Tick = Callable[[float], None]


def lessons_of(
    mashups: list[Mashup], seconds: float, folder: Path, tick: Tick
) -> tuple[list[Lesson], list[Skipped]]:
    """All mashups that can be learnt from, and those that cannot.

    Raises:
        OSError: the folder cannot be written to.
    """
    found: list[Lesson] = []
    skipped: list[Skipped] = []
    for done, mashup in enumerate(mashups):
        tick(done / len(mashups))
        it = lesson_of(mashup, seconds, folder)
        if isinstance(it, Skipped):
            skipped.append(it)
        else:
            found.append(it)
    return found, skipped
