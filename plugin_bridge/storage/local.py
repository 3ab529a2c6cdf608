"""Files by key in a folder of this machine, or of a disk that several machines share."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from plugin_bridge.files.whole_files import replacing
from plugin_bridge.storage.files import DERIVED, Stored
from presets.opening import open_regular

BLOCK_BYTES = 1 << 18  # that are read at once; not searched


class LocalFiles:
    """See `plugin_bridge.storage.files.Files`.

    Args:
        folder: it is made if it is missing, for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder.resolve()

    def _path(self, key: str) -> Path:
        return self.folder / key

    @contextmanager
    def writing(self, key: str) -> Iterator[io.BufferedRandom]:
        """See `Files.writing`."""
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path) as file:
            yield file
        with suppress(OSError):  # Windows opens no folders
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name is on the disk, too
            finally:
                os.close(folder)

    def open(self, key: str) -> BinaryIO:
        """See `Files.open`."""
        return open_regular(self._path(key), follow=False)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `Files.read`."""
        with self.open(key) as file:
            end = os.fstat(file.fileno()).st_size if stop is None else stop
            file.seek(start)
            while (left := end - file.tell()) > 0 and (block := file.read(min(left, BLOCK_BYTES))):
                yield block

    def size(self, key: str) -> int:
        """See `Files.size`."""
        return self._path(key).stat().st_size

    def remove(self, key: str) -> None:
        """See `Files.remove`."""
        for suffix in ("", *DERIVED):
            self._path(key + suffix).unlink(missing_ok=True)

    def walk(self) -> Iterator[Stored]:
        """See `Files.walk`."""
        for place, _, names in os.walk(self.folder):
            for name in names:
                path = Path(place, name)
                with suppress(FileNotFoundError):
                    about = path.stat()
                    key = path.relative_to(self.folder).as_posix()
                    yield Stored(key, about.st_size, about.st_mtime)

    def free_bytes(self) -> int | None:
        """See `Files.free_bytes`."""
        return shutil.disk_usage(self.folder).free
