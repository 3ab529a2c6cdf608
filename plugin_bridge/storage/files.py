"""What keeps files by key: a folder (`plugin_bridge.storage.local`), or a bucket (`...s3`).

Keys are made by the server from ids alone; what a client calls its file never gets into one:

    uploads/<upload>.wav                    what a client has sent
    jobs/<job>.flac                         what a job has made
    <either>.preview.flac, <either>.png     what was made of it to be played or shown

A file is there whole or not at all, and its contents never change: the same key is only ever
written again with the same contents. Everything here may wait for a disk or a network: call it in
a thread. Workers get a copy by pickling.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol

PREVIEW = ".preview.flac"
PICTURE = ".png"
DERIVED = (PREVIEW, PICTURE)  # what a key is followed by in the keys of what was made of its file


class Stored(NamedTuple):
    """A file that is kept: its key, its size, and when it was written, in Unix seconds."""

    key: str
    bytes: int
    changed: float


class Files(Protocol):
    """Files by key. All raise OSError where the disk or the network fails."""

    def writing(self, key: str) -> AbstractContextManager[io.BufferedRandom]:
        """Lend an open file on this machine; after the block it is kept under ``key``, durably.

        If the block raises, nothing has changed.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """The file as an ordinary open file of this machine. Raises FileNotFoundError."""
        ...

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``stop``, in blocks. Raises FileNotFoundError."""
        ...

    def size(self, key: str) -> int:
        """How many bytes it has. Raises FileNotFoundError."""
        ...

    def remove(self, key: str) -> None:
        """Remove a file and what was made of it (`DERIVED`), as far as they are there."""
        ...

    def walk(self) -> Iterator[Stored]:
        """All files that are kept, in any order."""
        ...

    def free_bytes(self) -> int | None:
        """How much room is left; None if nobody can tell."""
        ...
