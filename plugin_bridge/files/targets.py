"""Files to write: whether they may and can be, checked before the long work begins."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from plugin_bridge.files.beneath import BY_DESCRIPTOR, open_folder


class Target:
    """A file to write, in a folder that is held open, whatever becomes of its path meanwhile.

    A link is followed when the target is made: the file that it points to is the target.

    Attributes:
        path: as the user named it, for messages.
        folder: the descriptor of its folder, closed when nobody holds the target any longer; None
            on systems that name files only by paths.
        name: its name in the folder; a whole path where ``folder`` is None.
        force: whether it may replace a file.

    Raises:
        OSError: the folder is not there, or cannot be opened.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self.path, self.force = path, force
        self.folder: int | None = None
        self.name = os.path.realpath(path)
        if BY_DESCRIPTOR:
            place, self.name = os.path.split(self.name)
            self.folder = open_folder(place)
            weakref.finalize(self, os.close, self.folder)

    def beside(self, name: str) -> str:
        """The name of another file in the same folder, as ``folder`` takes it."""
        return os.path.join(os.path.dirname(self.name), name)

    def exists_error(self) -> ValueError:
        """What to raise if a file is there that must not be replaced."""
        return ValueError(f"{self.path} exists: add --force to replace it, or name another file.")


def check_target(path: Path, *, force: bool) -> Target:
    """Check that ``path`` may and can be written.

    Raises:
        ValueError: it exists and ``force`` is false, it is not a file, or its folder is missing or
            not writable.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    if os.path.lexists(real) and not os.path.isfile(real):
        kind = "a folder" if os.path.isdir(real) else "not an ordinary file"
        raise ValueError(f"{path} is {kind}: name a file to write.")
    if not os.path.isdir(folder):
        raise ValueError(f"There is no folder {folder}: create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"The folder {folder} is not writable: choose another.")
    target = Target(path, force=force)
    if os.path.lexists(real) and not force:
        raise target.exists_error()
    return target


def check_json(path: Path, what: str, *, force: bool) -> Target:
    """Check that the JSON file ``path``, which is ``what`` in messages, may and can be written.

    Raises:
        ValueError: as `check_target`, or it is not called .json.
    """
    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: the name of {what} must end in .json.")
    return check_target(path, force=force)


def check_picture(path: Path, *, force: bool) -> Target:
    """Check that the picture ``path`` may and can be written.

    Raises:
        ValueError: as `check_target`, or it is not called .png.
    """
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path}: the name of a picture must end in .png.")
    return check_target(path, force=force)
