"""The files that a job reads, opened and read as if each of them were hostile."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from plugin_bridge.errors import shown
from plugin_bridge.files.beneath import Root, Strayed, opened
from plugin_bridge.jobs.refusal import MAX_CHARACTERS, Refusal, code_of
from plugin_bridge.limits import limited_memory
from plugin_bridge.storage.files import Files
from presets.opening import NotOrdinary

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound

READING = "reading"  # the stage of a job while one of its files is read
#: What reading may take beside the decoded sound. It took at most 10 MB (a minute of 2 and 8
#: channels as WAV, FLAC, OGG and MP3); a library's thread reserves 64 MB, and one may be loaded.
MARGIN_BYTES = 128 << 20


class Opens(Protocol):
    """Opens the file of an input, for as long as a block lasts. Raises Refusal if it cannot."""

    def __call__(self) -> AbstractContextManager[BinaryIO]: ...


class Input:
    """A file that an operation reads: `at_path`, or `at_key` in storage.

    Args:
        path: what to call it in messages; it is not to be opened.
        opens: opens it.
        report: told that it is being read.

    Attributes:
        path: as above.
    """

    def __init__(self, path: Path, opens: Opens, report: Callable[[float, str], object]) -> None:
        self.path = path
        self.open = opens
        self._report = report

    def read(self) -> Sound:
        """The sound in it.

        The server hears that a file is being read, so that it knows what was to blame if this
        process dies or hangs. Memory is limited to what the file says that it needs.

        Raises:
            Refusal: it cannot be opened, or is not a sound, or damaged.
            ValueError: as `plugin_bridge.files.sound_files.read_open`.
        """
        from plugin_bridge.files.sound_files import read_open
        from presets.sound_file.header import BadSound
        from presets.sound_file.look import look

        self._report(0.0, READING)
        with self.open() as file:
            try:
                needed = look(file).decoded_bytes
            except BadSound as error:
                raise Refusal("unreadable", f"{self.path} {error}.") from error
            try:
                with limited_memory(needed + MARGIN_BYTES):
                    sound = read_open(file, self.path)
            except MemoryError as error:
                raise Refusal(
                    "unreadable",
                    f"{self.path} needs more memory than its header says, or than there is: "
                    "export it again, or split it.",
                ) from error
        self._report(0.0, "starting")
        return sound


def at_path(path: Path, roots: Sequence[Root], report: Callable[[float, str], object]) -> Input:
    """The file of that real path, which has to be beneath one of ``roots``."""
    return Input(path, partial(open_input, path, roots), report)


def at_key(key: str, name: str, files: Files, report: Callable[[float, str], object]) -> Input:
    """The file that is kept under ``key``; its client calls it ``name``."""
    return Input(Path(name or "The file"), partial(open_stored, key, name, files), report)


@contextmanager
def open_stored(key: str, name: str, files: Files) -> Iterator[BinaryIO]:
    """Open a file in storage. Raises Refusal if it is not there, or OSError if storage fails."""
    try:
        file = files.open(key)
    except FileNotFoundError as error:
        text = f"{name or 'The file'} was deleted: send it again."
        raise Refusal("not_found", text) from error
    with file:
        yield file


@contextmanager
def open_input(path: Path, roots: Sequence[Root]) -> Iterator[BinaryIO]:
    """Open a file to be read that was found beneath ``roots``, if it still is what it was.

    Args:
        path: its real path.
        roots: see `plugin_bridge.jobs.roots.Roots`.

    Raises:
        Refusal: it is gone, is no ordinary file, or something else is in its way.
    """
    try:
        with opened(path.parent, roots) as folder:
            file = folder.open(path.name)
    except Strayed as error:
        raise strayed(path) from error
    except NotOrdinary as error:  # a device or a pipe could be read for ever
        raise Refusal(
            "not_a_file", f"{path} is not an ordinary file: name a rendered stem."
        ) from error
    except OSError as error:
        raise refusal(error, path) from error
    with file:
        yield file


def crashes(inputs: Mapping[str, str]) -> str:
    """What to say of a job's files, by name, when reading them has ended a process."""
    paths = " or ".join(inputs.values())
    return shown(f"{paths} crashes the program that reads it: export it again.", MAX_CHARACTERS)


def strayed(path: Path) -> Refusal:
    """The refusal of a path that leads elsewhere since it was checked."""
    return Refusal(
        "outside_root",
        f"A folder on the way to {path} was replaced: send the job again, or restart the server if "
        "that folder is a --root.",
    )


def refusal(error: OSError, path: Path) -> Refusal:
    """The refusal of a file that cannot be opened."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Refusal("not_found", f"There is no file {path}: was it rendered?")
    code = code_of(error)
    return Refusal(
        code if code == "out_of_files" else "not_a_file",
        f"{path} cannot be opened: {error.strerror}.",
    )
