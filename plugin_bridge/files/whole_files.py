"""Files that appear whole, or not at all.

On Linux a file has no name while it is written (O_TMPFILE), so that even ``kill -9`` leaves
nothing; it is then linked into the folder. Where the system or the file system has no such files,
a hidden one beside the target takes its place, which ``kill -9`` leaves.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from plugin_bridge.files.targets import Target

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def writing(*targets: Target, lasting: bool = True) -> Iterator[list[io.BufferedRandom]]:
    """Lend an open file for each target; after the block all of them appear, or none.

    If the block raises, every target stays as it was; if there is one target, the system's errors
    name it. A target without ``force`` never replaces a file, even one that has appeared meanwhile.

    Args:
        targets: what is to be written.
        lasting: whether to wait until the contents are on the disk.

    Raises:
        ValueError: there is a file that must not be replaced.
        OSError: a file cannot be written, or not be put in its place.
    """
    with ExitStack() as stack:
        drafts = [stack.enter_context(_Draft(target)) for target in targets]
        with naming(targets[0].path) if len(targets) == 1 else nullcontext():
            yield [draft.file for draft in drafts]
        for draft in drafts:
            draft.finish(lasting=lasting)
        with ExitStack() as undo:
            for draft in drafts:
                draft.publish(keep_old=len(drafts) > 1)
                undo.callback(draft.take_back)
            undo.pop_all()


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[io.BufferedRandom]:
    """Lend an open file; after the block it is ``path``, in place of the file that was there.

    If the block raises, ``path`` stays as it was. A link is followed; ``lasting`` as in `writing`.
    """
    with writing(Target(path, force=True), lasting=lasting) as [file]:
        yield file


@contextmanager
def naming(path: Path, *, always: bool = False) -> Iterator[None]:
    """Have the system's errors in the block name ``path`` if they name no file, or ``always``."""
    try:
        yield
    except OSError as error:
        if error.errno is None or (error.filename is not None and not always):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


class _Draft:
    """A file on its way: open, without a name or with a hidden one."""

    def __init__(self, target: Target) -> None:
        self._target, self._at = target, target.folder
        self._hidden: str | None = None  # the draft's name
        self._old: str | None = None  # of the file that was replaced
        self._existed = False

    def __enter__(self) -> _Draft:
        with naming(self._target.path, always=True):
            self.file = self._unnamed() or self._named()
        return self

    def _unnamed(self) -> io.BufferedRandom | None:
        if self._at is None or not hasattr(os, "O_TMPFILE"):
            return None
        try:
            number = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o666, dir_fd=self._at)
        except OSError:  # the file system has no such files; or what _named() then raises
            return None
        file = open(number, "w+b")  # noqa: SIM115 - closed by __exit__
        if os.path.exists(_by_number(file)):
            return file
        file.close()  # without /proc there is no way to name it
        return None

    def _named(self) -> io.BufferedRandom:
        self._hidden = self._new_name()
        return open(os.open(self._hidden, _NEW, 0o666, dir_fd=self._at), "w+b")

    def _new_name(self) -> str:
        return self._target.beside(f".restyle-{uuid.uuid4().hex}")

    def finish(self, *, lasting: bool) -> None:
        """Write all of the content; if it is ``lasting``, wait until it is on the disk."""
        with naming(self._target.path, always=True):
            self.file.flush()
            if lasting:
                os.fsync(self.file.fileno())
            if self._hidden is not None:
                self.file.close()  # Windows moves no open files

    def publish(self, *, keep_old: bool) -> None:
        """Give the draft its place; with ``keep_old``, `take_back` can restore what was there."""
        target = self._target
        with naming(target.path, always=True):
            if not target.force:
                self._put_in_free_place()
                return
            if self._hidden is None:
                hidden = self._new_name()
                self._link(_by_number(self.file), hidden)
                self._hidden = hidden
            if keep_old:
                self._keep_old()
            os.replace(self._hidden, target.name, src_dir_fd=self._at, dst_dir_fd=self._at)

    def _put_in_free_place(self) -> None:
        try:
            self._link(self._hidden or _by_number(self.file), self._target.name)
        except FileExistsError:
            raise self._target.exists_error() from None
        except OSError as error:
            if self._hidden is None or error.errno not in _NO_LINKS:
                raise
            self._rename_into_free_place(self._hidden)

    def _rename_into_free_place(self, hidden: str) -> None:
        """As a link would, on a file system without links: an empty file holds the place."""
        try:
            os.close(os.open(self._target.name, _NEW, 0o666, dir_fd=self._at))
        except FileExistsError:
            raise self._target.exists_error() from None
        os.replace(hidden, self._target.name, src_dir_fd=self._at, dst_dir_fd=self._at)

    def _keep_old(self) -> None:
        """Give the file that will be replaced a second name, if it can have one."""
        old = self._new_name()
        try:
            self._link(self._target.name, old)
        except FileNotFoundError:
            return
        except OSError:
            self._existed = True
            return
        self._old, self._existed = old, True

    def take_back(self) -> None:
        """Undo `publish`."""
        with contextlib.suppress(OSError):
            if self._old is not None:
                os.replace(self._old, self._target.name, src_dir_fd=self._at, dst_dir_fd=self._at)
            elif not self._existed:
                os.unlink(self._target.name, dir_fd=self._at)

    def _link(self, source: str, name: str) -> None:
        os.link(source, name, src_dir_fd=self._at, dst_dir_fd=self._at, follow_symlinks=True)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # what is left unwritten is not wanted
            self.file.close()
        for name in (self._hidden, self._old):
            if name is not None:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=self._at)


def _by_number(file: io.BufferedRandom) -> str:
    """A path that leads to an open file."""
    return f"/proc/self/fd/{file.fileno()}"
