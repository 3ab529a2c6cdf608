"""Folders with a page to open, such as a demo or a comparison: made whole, never over other files.

The page says in its HTML what made it. A folder with such a page holds an earlier result, which may
be replaced; what the user has added stays. Any other folder that is not empty is left alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

PAGE = "index.html"
_LOCK = "lock"  # held by the process that works there
_YOUNG_SECONDS = 60.0  # of a lock that may be about to be taken; not searched

_open_workshops: set[str] = set()


@dataclass(frozen=True)
class Kind:
    """A kind of result.

    Attributes:
        name: what messages call it, as in "name a folder for the demo".
        command: the command of ``restyle`` that makes it.
        needs_force: whether an earlier result is replaced only with ``--force``.
    """

    name: str
    command: str
    needs_force: bool = False

    @property
    def generator(self) -> str:
        """What the page names as its generator."""
        return f"restyle {self.command}"

    @property
    def mark(self) -> str:
        """The HTML by which the page is recognised."""
        return f'<meta name="generator" content="{self.generator}">'


def check_folder(folder: Path, kind: Kind, *, force: bool = False) -> None:
    """Check that a result may be made in ``folder``: it is new, empty, or an earlier result.

    Raises:
        ValueError: it is a file, it holds something else, or it holds an earlier result of a kind
            that needs ``force``.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the {kind.name}.")
    page = folder / PAGE
    earlier = page.is_file() and kind.mark in page.read_text(encoding="utf-8", errors="replace")
    if earlier and kind.needs_force and not force:
        raise ValueError(
            f"{folder} holds an earlier {kind.name}: add --force to replace it, or name another "
            "folder."
        )
    if not earlier and any(folder.iterdir()):
        raise ValueError(
            f"The folder {folder} holds something other than a {kind.name}: name another, or a "
            "new one."
        )


@contextmanager
def workshop(folder: Path, kind: Kind) -> Iterator[Path]:
    """Lend an empty folder on the same disk as ``folder``, to make a result in.

    It is hidden in the nearest parent of ``folder`` that exists. After the block it is removed,
    with whatever was not published. What processes that were killed have left there is removed,
    too: nobody holds the lock in it any longer.
    """
    home = next(parent for parent in folder.parents if parent.exists())
    prefix = f".restyle-{kind.command}-"
    _remove_left(home, prefix)
    with TemporaryDirectory(prefix=prefix, dir=home, ignore_cleanup_errors=True) as name:
        with FileLock(Path(name) / _LOCK):
            made = Path(name) / "made"
            made.mkdir()
            _open_workshops.add(name)
            yield made
        _open_workshops.discard(name)


def abandon_workshops() -> None:
    """Remove the workshops of this process, which is about to end in the middle of their work."""
    for name in [*_open_workshops]:
        shutil.rmtree(name, ignore_errors=True)


def _remove_left(home: Path, prefix: str) -> None:
    """Remove the workshops in ``home`` whose processes were killed."""
    for left in home.glob(f"{prefix}*"):
        lock = left / _LOCK
        with contextlib.suppress(OSError, Timeout):
            if left.is_symlink() or time.time() - lock.stat().st_mtime < _YOUNG_SECONDS:
                continue
            with FileLock(lock, timeout=0):
                pass
            shutil.rmtree(left, ignore_errors=True)


def publish(made: Path, folder: Path, *, after: Sequence[str] = ()) -> None:
    """Move what is in ``made`` to ``folder``. Once its page is moved, it is the folder's result.

    If ``folder`` is new, all of it moves in one step. Otherwise folders and files come first, then
    the page, then the files called ``after``. If a move fails before the page's is done, new
    folders are removed again: an earlier result that uses none of them stays as it was.

    Raises:
        OSError: something cannot be moved.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)
        return
    new: list[Path] = []
    try:
        for path in sorted(made.iterdir()):
            if path.name not in (PAGE, *after):
                _move(path, folder / path.name, new)
        os.replace(made / PAGE, folder / PAGE)
    finally:
        if (made / PAGE).exists():
            for path in new:
                shutil.rmtree(path)
    for name in after:
        os.replace(made / name, folder / name)


def _move(source: Path, target: Path, new: list[Path]) -> None:
    """Move a file or a folder, keeping what else is in the target. Adds new folders to ``new``."""
    if not source.is_dir():
        os.replace(source, target)
    elif not target.exists():
        source.rename(target)
        new.append(target)
    else:
        for path in sorted(source.iterdir()):
            _move(path, target / path.name, new)
