"""Files that are either written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary path beside ``path`` to write to; after the block, it is moved to ``path``.

    It has the suffix of ``path``. If the block raises, the temporary file is removed and ``path``
    stays as it was. A link is followed: the file it points to is replaced.
    """
    path = path.resolve()
    temporary = path.with_name(f".restyle-{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_target(path: Path, *, force: bool) -> None:
    """Check that ``path`` may and can be written.

    Raises:
        ValueError: it exists and ``force`` is false, it is not a file, or its folder is missing or
            not writable.
    """
    folder = path.resolve().parent
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "not an ordinary file"
        raise ValueError(f"{path} is {kind}: name a file to write.")
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"The folder {folder} is not writable: choose another.")
    if path.exists() and not force:
        raise ValueError(f"{path} exists: add --force to replace it, or name another file.")


def check_json(path: Path, what: str, *, force: bool) -> None:
    """Check that the JSON file ``path``, which is ``what`` in messages, may and can be written.

    Raises:
        ValueError: as `check_target`, or it is not called .json.
    """
    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: the name of {what} must end in .json.")
    check_target(path, force=force)


def check_picture(path: Path, *, force: bool) -> None:
    """Check that the picture ``path`` may and can be written.

    Raises:
        ValueError: as `check_target`, or it is not called .png.
    """
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path}: the name of a picture must end in .png.")
    check_target(path, force=force)
