"""Which files jobs may read and write: those inside the folders that the server was given.

Paths are judged as the file system sees them, with links and ``..`` followed. They are checked when
a job comes in and again when its turn comes, since files may change in between. From then on the
real path counts, and no link is followed any more: see `plugin_bridge.files.beneath`.

Everything here may wait for a disk, and what a file holds may be hostile: servers call it in a
process of its own, see `plugin_bridge.jobs.looking`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from plugin_bridge.files.beneath import Folder, Strayed, opened, root
from plugin_bridge.files.formats import check_suffix
from plugin_bridge.jobs.inputs import open_input, refusal, strayed
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import is_report, part_path, report_path
from presets.sound_file.header import Header
from presets.sound_file.look import look

FULL_RATE_HZ = 48_000  # the usual rate of recordings for film and video
MAX_NAME_BYTES = 255  # what most file systems allow
MAX_PATH_CHARACTERS = 4096  # what Linux allows, in bytes


class Looked(NamedTuple):
    """What a look at a job's files has found.

    Attributes:
        inputs: the real paths of the files to read, by their names in the operation.
        output: the real path of the result.
        refusal: why the result may not be written, if so. It comes late, for another reason may
            be the better one: that another job is writing the very file.
    """

    inputs: dict[str, str]
    output: str
    refusal: Refusal | None


class Roots:
    """The folders in which jobs may read and write.

    Args:
        folders: at least one. Relative paths of jobs start from the first.
        max_seconds: the longest stem.

    Attributes:
        roots: the folders, as `plugin_bridge.files.beneath` takes them.

    Raises:
        ValueError: one of them is not a folder.
    """

    def __init__(self, folders: Sequence[Path], *, max_seconds: float = 3600.0) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise ValueError(f"There is no folder {folder} to serve: create it first.")
        self.roots = tuple(dict.fromkeys(map(root, folders)))
        self.folders = tuple(Path(it.path) for it in self.roots)
        self.max_seconds = max_seconds

    def look(self, inputs: Mapping[str, str], output: str) -> Looked:
        """Judge all files of a job.

        Raises:
            Refusal: as `stem` for one of ``inputs``.
        """
        stems = {name: self.stem(text) for name, text in inputs.items()}
        paths = {name: str(path) for name, path in stems.items()}
        try:
            return Looked(paths, str(self.result(output, *stems.values())), None)
        except Refusal as refusal:
            return Looked(paths, os.path.realpath(self.folders[0] / output), refusal)

    def stem(self, text: str) -> Path:
        """The real path of a stem.

        Raises:
            Refusal: it is outside the folders, missing, not an ordinary file, not a sound file, or
                too long.
        """
        path = self._inside(text)
        _check_suffix(path)
        with open_input(path, self.roots) as file:
            look_at(file, path, self.max_seconds)
        return path

    def result(self, text: str, *stems: Path) -> Path:
        """The real path for the result of ``stems``, where writing replaces nothing.

        Raises:
            Refusal: it is outside the folders, is a stem itself, exists, or cannot be written, or a
                file that the server needs beside it is in the way.
        """
        given = Path(text)
        name = given.name
        path = self._inside(text)
        if path in stems:
            raise Refusal("out_is_in", f"{path} is the stem itself: name another file.")
        real_folder = self._inside(os.fspath(given.parent), or_root=True)
        path = real_folder / name
        _check_suffix(path)
        try:
            with opened(real_folder, self.roots) as folder:
                _check_place(folder, path)
        except Strayed as error:
            raise strayed(path) from error
        except OSError as error:
            raise _not_writable(real_folder) from error
        return path

    def _inside(self, text: str, *, or_root: bool = False) -> Path:
        if not text or "\0" in text or len(text) > MAX_PATH_CHARACTERS:
            raise Refusal("bad_request", "A path is empty, too long or holds a zero byte.")
        try:
            path = Path(os.path.realpath(self.folders[0] / text))
        except (OSError, ValueError) as error:  # a loop of links, for example
            raise Refusal("not_found", f"{text!r} cannot be followed: {error}.") from error
        for folder in self.folders:
            if folder in path.parents or (or_root and path == folder):
                return path
        served = ", ".join(map(str, self.folders))
        raise Refusal(
            "outside_root",
            f"{text} is outside of what is served ({served}): "
            "put it there, or serve its folder with --root.",
        )


def _check_suffix(path: Path) -> None:
    try:
        check_suffix(path)
    except ValueError as error:
        raise Refusal("not_audio", str(error)) from error


def _check_place(folder: Folder, path: Path) -> None:
    """Check that a result can be written in ``folder``. Raises Refusal, or OSError."""
    if not folder.is_writable():
        raise _not_writable(path.parent)
    report = report_path(path).name
    if len(os.fsencode(report)) > MAX_NAME_BYTES:
        raise Refusal("bad_request", f"The name {path.name} is too long: choose a shorter one.")
    for taken in (path.name, part_path(path).name, report):
        if folder.has(taken) and not (taken == report and is_report(folder, report)):
            taken_path = path.with_name(taken)
            raise Refusal("out_exists", f"{taken_path} exists: name another file for the result.")


def look_at(file: BinaryIO, path: Path, max_seconds: float) -> Header:
    """What an open sound file says of itself; ``path`` is for messages.

    Raises:
        Refusal: it is not a sound, or too long, or has more samples than stereo at
            `FULL_RATE_HZ` of that length.
    """
    try:
        header = look(file)
    except ValueError as error:  # BadSound: what follows the file's name
        raise Refusal("not_audio", f"{path} {error}.") from error
    except OSError as error:
        raise refusal(error, path) from error
    minutes = header.seconds / 60
    full = 2 * FULL_RATE_HZ * max_seconds
    if header.seconds > max_seconds or header.frames * header.channels > full:
        channels = f", {header.channels} channels at {header.sample_rate / 1000:g} kHz"
        raise Refusal(
            "too_long",
            f"{path} lasts {minutes:.1f} min{channels}, and the server takes {max_seconds / 60:g} "
            "min of stereo at 48 kHz, or as many samples: split it, or serve with --max-minutes.",
        )
    return header


def _not_writable(folder: Path) -> Refusal:
    return Refusal(
        "out_not_writable", f"The folder {folder} is missing or cannot be written to: create it."
    )
