"""Opens files that may be anything: a pipe, a device, a folder, a link put there just now."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

# A pipe without a writer opens at once with O_NONBLOCK; without it, it never does. It changes
# nothing for ordinary files. Windows has neither flag, and needs O_BINARY.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class NotOrdinary(ValueError):  # noqa: N818 - says what is the matter
    """What was to be opened is a pipe, a device or a socket; the message names it."""


def open_regular(
    path: str | os.PathLike[str], *, dir_fd: int | None = None, follow: bool = True
) -> BinaryIO:
    """Open an ordinary file to be read; this never waits for another program.

    Args:
        path: the file.
        dir_fd: the open folder in which a relative ``path`` starts, where the system has that.
        follow: whether ``path`` may end in a link.

    Raises:
        OSError: it cannot be opened; IsADirectoryError for a folder.
        NotOrdinary: it is a pipe, a device or a socket, or a link that is not followed.
    """
    flags = _FLAGS | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    # Before, since to open a device may set it going; and after, as it may have changed meanwhile.
    _check(os.stat(path, dir_fd=dir_fd, follow_symlinks=follow), path)
    descriptor = os.open(path, flags, dir_fd=dir_fd)
    try:
        _check(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(about: os.stat_result, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(about.st_mode):
        raise NotOrdinary(f"{os.fspath(path)} is not an ordinary file: name one.")
