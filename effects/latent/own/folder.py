"""Which pieces a folder has, and what they are called.

Two layouts of published data sets are known, so that their genres are kept:

    genres/blues/blues.00000.wav     GTZAN, and others with one folder for each genre
    000/000002.mp3                   FMA, whose tracks.csv says the title and the genre

``tracks.csv`` lies in the folder itself, or in one ``fma_metadata`` in it or beside it. Of any
other folder, all sounds are taken, however deep they lie, and none has a genre.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from effects.learned.own_files import SUFFIXES, check_folder

#: A folder with fewer sounds is no genre.
LEAST_OF_GENRE = 2
_TABLE = "tracks.csv"
_NUMBER = "track_id"  # in the third row, over the numbers
_GENRE, _TITLE = ("track", "genre_top"), ("track", "title")


@dataclass(frozen=True)
class Found:
    """A sound of the folder.

    Attributes:
        path: the file.
        name: its path below the folder.
        title: what people call it.
        label: its genre; "" if none is known.
    """

    path: Path
    name: str
    title: str
    label: str = ""


def pieces_in(folder: Path) -> list[Found]:
    """The sounds of a folder by their names; none of them is opened.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such folder.
        ValueError: there is no sound in it, or its tracks.csv is damaged.
    """
    check_folder(folder, "music")
    paths = sorted(_sounds(folder))
    if not paths:
        raise ValueError(f"There is no sound in {str(folder)!r}: put WAV, MP3 or others into it.")
    names = [it.relative_to(folder).as_posix() for it in paths]
    table = _table(folder)
    if table is not None:
        known = _tracks(table)
        rows = [known.get(_number(it), ("", "")) for it in paths]
        return [
            Found(path, name, title or path.stem, genre)
            for path, name, (title, genre) in zip(paths, names, rows, strict=True)
        ]
    genres = _genres(paths)
    return [
        Found(path, name, path.stem, path.parent.name if genres else "")
        for path, name in zip(paths, names, strict=True)
    ]


def _sounds(folder: Path) -> Iterator[Path]:
    """All sound files below a folder; links to folders are not followed, hidden ones left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = [it for it in folders if not it.startswith(".")]
        for name in files:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(place) / name


def _genres(paths: list[Path]) -> bool:
    """Whether folders are genres: all lie side by side, hold some sounds, and have names."""
    counts = Counter(it.parent for it in paths)
    side_by_side = len({it.parent for it in counts}) == 1
    named = not any(it.name.isdigit() for it in counts)
    return len(counts) > 1 and side_by_side and named and min(counts.values()) >= LEAST_OF_GENRE


def _table(folder: Path) -> Path | None:
    """FMA's table of tracks, if there is one."""
    places = (folder, folder / "fma_metadata", folder.parent / "fma_metadata")
    return next((it / _TABLE for it in places if (it / _TABLE).is_file()), None)


def _number(path: Path) -> int:
    """FMA's number of a track; -1 if its name is none."""
    return int(path.stem) if path.stem.isascii() and path.stem.isdigit() else -1


def _tracks(table: Path) -> dict[int, tuple[str, str]]:
    """Title and genre of each track. Its columns have two names, one below the other.

    Raises:
        ValueError: it is no such table.
    """
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            groups, names, numbers = (next(rows) for _ in range(3))
            columns = list(zip(groups, names, strict=True))
            title, genre = columns.index(_TITLE), columns.index(_GENRE)
            if numbers[0] != _NUMBER:
                raise ValueError("no numbers")
            return {int(row[0]): (row[title].strip(), row[genre].strip()) for row in rows if row}
    except (ValueError, IndexError, StopIteration, RuntimeError, csv.Error) as error:
        raise ValueError(
            f"{str(table)!r} is damaged, or not the tracks.csv of FMA: take it out of the way."
        ) from error
