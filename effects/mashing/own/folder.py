"""Which files of a folder are a mashup and the two songs that it is made of.

The naming is that of a student project whose 2000 mashups were ``[song_index][song_name].mp3``,
with two inputs each, ``[song_index][original_index][song_name].mp3``:

    [12][Night on the hill].mp3        mashup 12
    [12][1][On the hill].mp3           its first song: A
    [12][2][Night.].mp3                its second song: B

Brackets stand there as they are. Names may be any text and differ; spaces around brackets, zeros
before a number, and the suffix's case do not matter. Any format that `presets.sound_file` reads
will do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from effects.learned.own_files import SUFFIXES, Skipped, check_folder

#: Index and name, or index, original's index and name. A number of more than nine digits is text.
_NAME = re.compile(r"\s*\[\s*(\d{1,9})\s*\]\s*(?:\[\s*(\d{1,9})\s*\]\s*)?\[(.*)\]\s*", re.DOTALL)
_SHAPES = "[index][name] or [index][1 or 2][name]"


@dataclass(frozen=True)
class Mashup:
    """A mashup and what it is made of.

    Attributes:
        index: its number in the folder.
        name: as its file has it.
        path: the mashup.
        originals: the songs A and B.
    """

    index: int
    name: str
    path: Path
    originals: tuple[Path, Path]


def mashups_in(folder: Path) -> tuple[list[Mashup], list[Skipped]]:
    """The mashups of a folder by their numbers, and what is left out; no file is opened.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such folder.
        ValueError: nothing in it is named as a mashup.
    """
    check_folder(folder, "mashups")
    skipped: list[Skipped] = []
    songs = _by_index(sorted(folder.iterdir()), skipped)
    found = [_mashup(index, files, skipped) for index, files in sorted(songs.items())]
    if not found:
        raise ValueError(
            f"There is no mashup in {str(folder)!r}: name its files [1][name].mp3 (the mashup), "
            "[1][1][name].mp3 and [1][2][name].mp3 (its two songs)."
        )
    return [it for it in found if it], skipped


_Files = dict[int | None, list[Path]]  # of one mashup; None: the mashup itself


def _by_index(paths: Iterable[Path], skipped: list[Skipped]) -> dict[int, _Files]:
    """Files by the mashup's number, then by the original's."""
    songs: dict[int, _Files] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or path.is_dir():
            continue
        parts = _NAME.fullmatch(path.stem)
        if parts is None:
            skipped.append(Skipped(path.name, f"is not named {_SHAPES}"))
            continue
        original = None if parts[2] is None else int(parts[2])
        songs[int(parts[1])][original].append(path)
    return songs


def _mashup(index: int, files: _Files, skipped: list[Skipped]) -> Mashup | None:
    """What a mashup is made of; None, with the reason in ``skipped``, if that is not clear."""
    twice = [paths for paths in files.values() if len(paths) > 1]
    originals = sorted(it for it in files if it is not None)
    name = files[None][0].name if files.get(None) else f"[{index}]"
    if twice:
        reason = "has two files for one part: " + ", ".join(it.name for it in twice[0])
    elif None not in files:
        reason = f"has originals but no mashup: add [{index}][name]"
    elif len(originals) < 2:
        reason = f"has {('no original', 'one original')[len(originals)]}: two are needed"
    elif len(originals) > 2:
        reason = f"has {len(originals)} originals: two are needed"
    else:
        a, b = (files[it][0] for it in originals)
        return Mashup(index, name, files[None][0], (a, b))
    skipped.append(Skipped(name, reason))
    return None
