"""A cache of arrays, in memory and on disk: what is known of style clips, and of stems.

On disk an entry is one ``.npz`` file, named by the hash of its key, in the platform's cache folder
(``RESTYLE_CACHE_DIR`` overrides it). Files are renamed into place, so another process sees a whole
file or none. A damaged file is deleted, and its entry computed again. When the folder outgrows its
cap, the files that were unused for longest are deleted. If the folder cannot be written to, that
only costs time.

Stems have a folder of their own in it, with a cap of its own: however many there are, styles stay.
So have songs.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from effects.running.recent import Recent

Arrays = dict[str, NDArray[Any]]

#: 1 GiB and 256 MiB; not searched.
MAX_DISK_BYTES = 1 << 30
MAX_MEMORY_BYTES = 256 << 20
#: For stems, 256 MiB and 64 MiB: what was heard of a minute takes some 100 kB. Not searched.
MAX_STEMS_DISK_BYTES = 256 << 20
MAX_STEMS_MEMORY_BYTES = 64 << 20
#: For songs, 64 MiB and 16 MiB: what was heard of a minute takes some 50 kB. Not searched.
MAX_SONGS_DISK_BYTES = 64 << 20
MAX_SONGS_MEMORY_BYTES = 16 << 20
#: How many locks there are, for all entries together: few files, and two entries seldom share one.
LOCKS = 256
#: A lock that another process holds is asked for as often, in seconds.
ASK_SECONDS = 0.05
#: The name of one more array in the file: zip's checksums do not show that an array is missing.
CHECKSUM = "sha256"
#: The names of entries, and of those that are being written.
_ENTRY = re.compile("[0-9a-f]{64}[.]npz")
_TEMPORARY = re.compile("tmp[a-z0-9_]{8}[.]tmp")
#: A file that was begun so long ago will never be done: an hour, where writing takes seconds.
ABANDONED_SECONDS = 3600


class Size(NamedTuple):
    """How many files, and how much they hold."""

    files: int
    bytes: int


class _Entry(NamedTuple):
    """A file, and when it was last used."""

    used_ns: int
    bytes: int
    path: Path


class Cache:
    """Entries by key. One instance may be used by many threads, one folder by many processes."""

    def __init__(
        self,
        folder: Path,
        *,
        max_disk_bytes: int = MAX_DISK_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self.folder = folder
        self.max_disk_bytes = max_disk_bytes
        self._memory: Recent[Arrays] = Recent(max_memory_bytes)

    def get(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays:
        """The arrays of ``key``, whose values JSON can hold, computed if they are missing.

        The arrays are shared: do not write to them.
        """
        arrays = self.find(key)
        if arrays is None:
            arrays = compute()
            self.put(key, arrays)
        return arrays

    def find(self, key: Mapping[str, Any]) -> Arrays | None:
        """The arrays of ``key``, if they are here. They are shared: do not write to them."""
        name = _name(key)
        arrays = self._memory.get(name)
        if arrays is None:
            arrays = self._read(self._path(name))
            if arrays is not None:
                self._remember(name, arrays)
        return arrays

    def put(self, key: Mapping[str, Any], arrays: Arrays) -> None:
        """Keep ``arrays``, in place of those that are here."""
        name = _name(key)
        self._write(self._path(name), arrays)
        self._remember(name, arrays)

    @contextlib.contextmanager
    def alone(
        self, key: Mapping[str, Any], most_seconds: float, tick: Callable[[], object]
    ) -> Iterator[None]:
        """Keep other threads and processes from computing the entry of ``key`` meanwhile.

        If another one does, this waits, so look again for the entry. It is a courtesy: after
        ``most_seconds``, or where no lock can be had, the work is done twice.

        Args:
            key: as for `get`.
            most_seconds: how long to wait.
            tick: called meanwhile; what it raises ends the wait.
        """
        from filelock import FileLock, Timeout  # 20 ms, and not needed if the entry is there

        path = self.folder / f"{int(_name(key)[:8], 16) % LOCKS:02x}.lock"
        end = time.monotonic() + most_seconds
        with contextlib.ExitStack() as held:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(path)
                while True:
                    tick()
                    with contextlib.suppress(Timeout):
                        held.enter_context(lock.acquire(timeout=ASK_SECONDS, poll_interval=0.01))
                        break
                    if time.monotonic() > end:
                        break
            except (OSError, NotImplementedError):  # read-only, or a file system without locks
                pass
            yield

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def _read(self, path: Path) -> Arrays | None:
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if arrays.pop(CHECKSUM).item() != _checksum(arrays):
                raise ValueError("damaged")
            os.utime(path)  # marks it as used just now
        except FileNotFoundError:
            return None
        except Exception:  # a damaged file makes zipfile and numpy raise almost anything
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return arrays

    def _write(self, path: Path, arrays: Arrays) -> None:
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tmp", delete=False) as file:
                temporary = Path(file.name)
                checked = {**arrays, CHECKSUM: np.array(_checksum(arrays))}
                np.savez(file, **checked)  # type: ignore[arg-type]
            temporary.replace(path)
            self._evict()
        except OSError:  # read-only or full: nothing is cached
            pass
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def _evict(self) -> None:
        """Delete the files that were used longest ago until the folder is within its cap."""
        entries = self._entries()
        total = sum(entry.bytes for entry in entries)
        for entry in sorted(entries):
            if total <= self.max_disk_bytes:
                break
            entry.path.unlink(missing_ok=True)
            total -= entry.bytes

    def size(self) -> Size:
        """What is on the disk now."""
        entries = self._entries()
        return Size(len(entries), sum(entry.bytes for entry in entries))

    def clear(self) -> Size:
        """Delete all entries, on disk and in memory, and say what was deleted.

        Other processes may go on: what they have read they have, and the rest they compute again.
        Only files that have names of the cache's own are touched. Locks stay, as they are empty;
        and so do files that another process may be writing.

        Raises:
            OSError: a file cannot be deleted.
        """
        self._memory.clear()
        count = freed = 0
        for entry in [*self._entries(), *self._abandoned()]:
            with contextlib.suppress(FileNotFoundError):  # another process deleted it first
                entry.path.unlink()
                count, freed = count + 1, freed + entry.bytes
        return Size(count, freed)

    def _entries(self) -> list[_Entry]:
        return list(self._files(_ENTRY))

    def _abandoned(self) -> list[_Entry]:
        """Files of processes that ended while they wrote them."""
        oldest = time.time_ns() - ABANDONED_SECONDS * 10**9
        return [it for it in self._files(_TEMPORARY) if it.used_ns < oldest]

    def _files(self, pattern: re.Pattern[str]) -> Iterator[_Entry]:
        """The ordinary files in the folder whose names are like ``pattern``."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for path in self.folder.iterdir():
                if not pattern.fullmatch(path.name):
                    continue
                with contextlib.suppress(FileNotFoundError):  # another process deleted it first
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode):
                        yield _Entry(status.st_mtime_ns, status.st_size, path)

    def _remember(self, name: str, arrays: Arrays) -> None:
        self._memory.put(name, arrays, sum(array.nbytes for array in arrays.values()))


def _name(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def _checksum(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


CACHES: dict[Path, Cache] = {}
"""The caches of this process, by their folders."""


def shared_cache() -> Cache:
    """The cache of this process, in ``RESTYLE_CACHE_DIR`` or the platform's cache folder."""
    folder = cache_folder()
    return CACHES.setdefault(folder, Cache(folder))


def stems_cache() -> Cache:
    """The part of it for what was heard of stems."""
    folder = cache_folder() / "stems"
    cache = Cache(
        folder, max_disk_bytes=MAX_STEMS_DISK_BYTES, max_memory_bytes=MAX_STEMS_MEMORY_BYTES
    )
    return CACHES.setdefault(folder, cache)


def songs_cache() -> Cache:
    """The part of it for what was heard of songs."""
    folder = cache_folder() / "songs"
    cache = Cache(
        folder, max_disk_bytes=MAX_SONGS_DISK_BYTES, max_memory_bytes=MAX_SONGS_MEMORY_BYTES
    )
    return CACHES.setdefault(folder, cache)


def caches() -> dict[str, Cache]:
    """All of them, by what they are for."""
    return {"styles": shared_cache(), "stems": stems_cache(), "songs": songs_cache()}


def cache_folder() -> Path:
    """``RESTYLE_CACHE_DIR``, or the platform's cache folder."""
    override = os.environ.get("RESTYLE_CACHE_DIR")
    return Path(override) if override else user_cache_path("restyle")
