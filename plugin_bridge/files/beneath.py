"""Files beneath a folder, whatever becomes of their paths meanwhile.

A path that was checked may lead elsewhere a moment later: somebody puts a link, or another folder,
in its way. So a folder is entered from its root one name after the other, through descriptors and
without following links, and what it holds is opened, written, linked and removed by name through
the folder's descriptor. Links that the user has are resolved before (`os.path.realpath`).

Linux has one call for that, ``openat2``, which Python does not offer. Windows has neither; there
paths are used as they are.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from presets.opening import open_regular

BY_DESCRIPTOR = {os.open, os.stat, os.access, os.link, os.unlink, os.rename} <= os.supports_dir_fd
_FILE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# O_PATH: a folder that may be entered but not listed can be gone through, too.
_FOLDER = (
    getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def open_folder(path: str | os.PathLike[str], *, dir_fd: int | None = None) -> int:
    """A folder's descriptor, by which files in it can be used. Raises OSError.

    Without ``dir_fd``, links in ``path`` are followed; with it, ``path`` must not be one.
    """
    return os.open(path, _FOLDER | (0 if dir_fd is None else _NO_FOLLOW), dir_fd=dir_fd)


class Strayed(OSError):  # noqa: N818 - says what the path did
    """A path that was checked leads elsewhere by now: a link or another folder is in its way."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, "Something else has taken the place of a folder", path)


class Root(NamedTuple):
    """A folder beneath which files may be used.

    A folder that takes the root's place later is not entered: nobody has said that it may be used.
    It is told by its identity and not by a descriptor kept open, since workers are other processes.

    Attributes:
        path: its real path.
        identity: which folder that is, see `identity`; None if another machine has to say.
    """

    path: str
    identity: tuple[int, int] | None


def identity(about: os.stat_result) -> tuple[int, int]:
    """Which file this is: its device and its number there."""
    return about.st_dev, about.st_ino


def root(folder: Path) -> Root:
    """``folder`` as a root. Raises OSError if it is not there."""
    real = os.path.realpath(folder)
    return Root(real, identity(os.stat(real)))


class Folder:
    """A folder that is open: names in it mean what is in this folder, wherever it is by now.

    Args:
        path: where it was found.
        descriptor: of the open folder; None on systems that take only paths.
    """

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self._path, self._fd = path, descriptor

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self._path, name)

    def stat(self, name: str) -> os.stat_result:
        """What ``name`` is; a link is not followed. Raises OSError if it is not there."""
        return os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)

    def has(self, name: str) -> bool:
        """Whether there is anything of that name, if only a link to nothing."""
        try:
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    def open(self, name: str) -> BinaryIO:
        """Open an ordinary file to be read; this waits for nobody.

        Raises:
            OSError: it cannot be opened.
            NotOrdinary: it is a link, a pipe, a device or a socket.
        """
        return open_regular(self._at(name), dir_fd=self._fd, follow=False)

    def create(self, name: str) -> io.BufferedRandom:
        """Make a new file, to be written and read. Raises OSError, also if ``name`` is there."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _FILE | _NO_FOLLOW
        return os.fdopen(os.open(self._at(name), flags, 0o666, dir_fd=self._fd), "w+b")

    def link(self, name: str, new: str) -> None:
        """Give a file a second name. Raises OSError, also if ``new`` is there."""
        fd = self._fd
        if os.link in os.supports_follow_symlinks:
            at = self._at(name), self._at(new)
            os.link(*at, src_dir_fd=fd, dst_dir_fd=fd, follow_symlinks=False)
        else:
            os.link(self._at(name), self._at(new))

    def replace(self, name: str, other: str) -> None:
        """Rename a file to ``other``, in place of what has that name. Raises OSError."""
        os.replace(self._at(name), self._at(other), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Remove a file or a link, if it is there. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._fd)

    def is_writable(self) -> bool:
        """Whether files can be made here, by what the system says beforehand."""
        return os.access(self._at("."), os.W_OK | os.X_OK, dir_fd=self._fd)

    def sync(self) -> None:
        """Wait until the names in it are on the disk, where the system can say so."""
        with contextlib.suppress(OSError):  # Windows opens no folders
            descriptor = os.open(self._at("."), os.O_RDONLY, dir_fd=self._fd)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def opened(path: Path, roots: Sequence[Root]) -> Iterator[Folder]:
    """Open the folder ``path`` for as long as the block lasts.

    Args:
        path: its real path: one of the roots, or beneath one.
        roots: where to start from.

    Raises:
        Strayed: it is beneath no root, or leads elsewhere by now.
        OSError: it is not there, or may not be entered.
    """
    start = next((it for it in roots if path.is_relative_to(it.path)), None)
    if start is None:
        raise Strayed(str(path))
    if not BY_DESCRIPTOR:
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        yield Folder(path, None)
        return
    descriptor = _enter(start, path.relative_to(start.path).parts)
    try:
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)


def _enter(start: Root, names: Sequence[str]) -> int:
    """The descriptor of the folder that ``names`` lead to from ``start``."""
    here = open_folder(start.path)
    try:
        if start.identity not in (None, identity(os.fstat(here))):
            raise Strayed(start.path)
        for name in names:
            inner = _enter_one(here, name)
            os.close(here)
            here = inner
    except BaseException:
        os.close(here)
        raise
    return here


def _enter_one(here: int, name: str) -> int:
    try:
        return open_folder(name, dir_fd=here)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            raise Strayed(name) from error
        raise
