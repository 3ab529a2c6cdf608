"""Files that are written whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from pathlib import Path

NEW = ".new-"  # how the names of files begin that are being written
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def write(content: bytes, target: Path, *, replace: bool = True) -> None:
    """Write a file. A link is replaced, and not what it leads to.

    Raises:
        FileExistsError: ``target`` exists, and is not to be replaced.
        OSError: it cannot be written.
    """
    draft = target.with_name(f"{NEW}{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or after a power cut the name may be there without the text
        if not replace:
            _take_free_place(draft, target)
        else:
            os.replace(draft, target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _take_free_place(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        target.open("xb").close()  # holds the place, where there are no links
        os.replace(draft, target)
