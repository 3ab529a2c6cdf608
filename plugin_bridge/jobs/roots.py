"""Which files jobs may read and write: those inside the folders that the server was given.

Paths are judged as the file system sees them, with links and ``..`` followed. They are checked when
a job comes in and again when its turn comes, since files may change in between.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import is_report, part_path, report_path

MAX_NAME_BYTES = 255  # what most file systems allow
MAX_PATH_CHARACTERS = 4096  # what Linux allows, in bytes
#: Looked at before a file is opened; the latter is twice the longest page of an Ogg file.
HEAD_BYTES, TAIL_BYTES = 1 << 16, 1 << 17


class Roots:
    """The folders in which jobs may read and write.

    Args:
        folders: at least one. Relative paths of jobs start from the first.
        max_seconds: the longest stem.

    Raises:
        ValueError: one of them is not a folder.
    """

    def __init__(self, folders: Sequence[Path], *, max_seconds: float = 3600.0) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise ValueError(f"There is no folder {folder} to serve: create it first.")
        self.folders = tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
        self.max_seconds = max_seconds

    def stem(self, text: str) -> Path:
        """The real path of a stem.

        Raises:
            Refusal: it is outside the folders, missing, not an ordinary file, not a sound file, or
                too long.
        """
        path = self._inside(text)
        _check_suffix(path)
        try:
            about = path.stat()
        except OSError as error:
            raise _refusal(error, path) from error
        if not stat.S_ISREG(about.st_mode):  # a device or a pipe could be read for ever
            raise Refusal("not_a_file", f"{path} is not an ordinary file: name a rendered stem.")
        seconds = _seconds(path, about.st_size, about.st_mtime_ns)
        if seconds > self.max_seconds:
            raise Refusal(
                "too_long",
                f"{path} lasts {seconds / 60:.1f} min, and the server takes "
                f"{self.max_seconds / 60:g} min: split it, or serve with --max-minutes.",
            )
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
        if not os.path.isdir(real_folder) or not os.access(real_folder, os.W_OK | os.X_OK):
            raise Refusal(
                "out_not_writable",
                f"The folder {real_folder} is missing or cannot be written to: create it.",
            )
        report = report_path(path)
        if len(os.fsencode(report.name)) > MAX_NAME_BYTES:
            raise Refusal("bad_request", f"The name {name} is too long: choose a shorter one.")
        for taken in (path, part_path(path), report):
            if os.path.lexists(taken) and not (taken == report and is_report(report)):
                raise Refusal("out_exists", f"{taken} exists: name another file for the result.")
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
    from plugin_bridge.files.sound_files import check_suffix

    try:
        check_suffix(path)
    except ValueError as error:
        raise Refusal("not_audio", str(error)) from error


@lru_cache(maxsize=1024)  # scanning an hour of MP3 takes a tenth of a second
def _seconds(path: Path, size: int, changed: int) -> float:
    """How long a sound file is by its header. ``changed`` keeps the cache from stale answers."""
    from pedalboard.io import AudioFile

    try:
        with path.open("rb") as raw:
            head = raw.read(HEAD_BYTES)
            raw.seek(max(size - TAIL_BYTES, 0))
            tail = raw.read(TAIL_BYTES)
        if not any(head):  # pedalboard would look for sound to the file's end
            raise ValueError("it begins with nothing but zeros")
        if head.startswith(b"OggS") and b"OggS" not in tail:  # or for an Ogg file's last page
            raise ValueError("its end is missing")
        with AudioFile(str(path)) as file:
            return float(file.frames / file.samplerate)
    except (RuntimeError, ValueError, TypeError, ZeroDivisionError, OSError) as error:
        # TypeError is what pedalboard makes of a name that is not UTF-8.
        raise Refusal(
            "not_audio", f"{path} cannot be read as audio: export it again ({_first(error)})."
        ) from error


def _refusal(error: OSError, path: Path) -> Refusal:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Refusal("not_found", f"There is no file {path}: was it rendered?")
    return Refusal("not_a_file", f"{path} cannot be opened: {error.strerror}.")


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
