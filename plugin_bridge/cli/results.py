"""Files that a command writes: each is checked first, and in the end all are written, or none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from plugin_bridge.files.targets import Target, check_target

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound

Made = TypeVar("Made")  # what a command makes, of which each file shows a part


@dataclass(frozen=True)
class Result(Generic[Made]):
    """A file to write, and what writes it."""

    target: Target
    write: Callable[[io.BufferedRandom, Made], object]


def sound_result(
    path: Path, sound_of: Callable[[Made], Sound], *, force: bool = False
) -> Result[Made]:
    """A sound file to write. Raises ValueError if it cannot be, or its name says no format."""
    from plugin_bridge.files.formats import check_suffix

    check_suffix(path)

    def write(file: io.BufferedRandom, made: Made) -> None:
        from plugin_bridge.files import sound_files

        sound_files.write_into(file, path, sound_of(made))

    return Result(check_target(path, force=force), write)


def check_all_differ(results: Sequence[Result[Made]]) -> None:
    """Raise ValueError if one file is to be written twice."""
    places = [it.target.path.resolve() for it in results]
    for n, it in enumerate(results):
        if places[n] in places[:n]:
            raise ValueError(f"{it.target.path} is named twice: give each result its own name.")


def write_results(results: Sequence[Result[Made]], made: Made) -> None:
    """Write all of them, or none.

    Raises:
        OSError: one cannot be written.
        ValueError: a file has appeared in its place meanwhile.
    """
    from plugin_bridge.files.whole_files import naming, writing

    with writing(*(it.target for it in results)) as files:
        for it, file in zip(results, files, strict=True):
            with naming(it.target.path):
                it.write(file, made)


def write_json(file: io.BufferedRandom, value: Any) -> None:
    """Write what JSON can hold, to be read by people, too."""
    file.write((json.dumps(value, indent=1) + "\n").encode())
