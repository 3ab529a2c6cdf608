"""The sound files in a folder, and what else lies there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from plugin_bridge.files.formats import FORMATS

NAMED = 3  # files that are named where all are counted; a line holds some. Not searched

#: How sounds end that are not taken: those of a folder keep their kinds, and these are not written.
_SOUNDS = (
    *(".aac", ".ac3", ".alac", ".amr", ".ape", ".au", ".caf", ".dsf", ".m4a", ".m4b", ".mka"),
    *(".mov", ".mp2", ".mp4", ".mpc", ".oga", ".opus", ".rf64", ".snd", ".spx", ".tta", ".w64"),
    *(".webm", ".wma", ".wv"),
)


class Stems(NamedTuple):
    """The files of a folder and the folders in it, relative to it, in order.

    Attributes:
        sounds: those that are worked on.
        others: those that are not, by their names; hidden ones are not among them.
    """

    sounds: list[Path]
    others: list[Path]


def find_stems(source: Path, target: Path, without: Path | None = None) -> Stems:
    """What is in ``source``, but not in ``target``.

    Args:
        source: the folder.
        target: the folder of the results, which may lie in it.
        without: the real path of a file that is neither.
    """
    sounds: list[Path] = []
    others: list[Path] = []
    for path in _files(source, target.resolve()):
        if (source / path).resolve() != without:
            (sounds if path.suffix.lower() in FORMATS else others).append(path)
    return Stems(sorted(sounds), sorted(others))


def passed_over(others: Sequence[Path]) -> list[str]:
    """What to say of the others: a line of the sounds among them, and one of the rest."""
    sounds = [it for it in others if it.suffix.lower() in _SOUNDS]
    rest = [it for it in others if it.suffix.lower() not in _SOUNDS]
    lines = []
    if sounds:
        kinds = ", ".join(FORMATS)
        lines.append(
            f"Passed over {_counted(sounds, 'sound')} of a kind that is not written: "
            f"{_named(sounds)}. Convert to one of {kinds}."
        )
    if rest:
        what = "that is no sound" if len(rest) == 1 else "that are no sounds"
        lines.append(f"Passed over {_counted(rest, 'file')} {what}: {_named(rest)}.")
    return lines


def _files(source: Path, excluded: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(source):
        here = Path(folder)
        folders[:] = sorted(it for it in folders if (here / it).resolve() != excluded)
        yield from ((here / it).relative_to(source) for it in files if not it.startswith("."))


def _counted(files: Sequence[Path], what: str) -> str:
    return f"{len(files)} {what}{'' if len(files) == 1 else 's'}"


def _named(files: Sequence[Path]) -> str:
    """The first few, and how many more there are."""
    names = ", ".join(map(str, files[:NAMED]))
    return names if len(files) <= NAMED else f"{names} and {len(files) - NAMED} more"
