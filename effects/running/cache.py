"""A cache of arrays, in memory and on disk, for statistics that depend on a style clip alone.

On disk an entry is one ``.npz`` file, named by the hash of its key, in the platform's cache folder
(``RESTYLE_CACHE_DIR`` overrides it). Files are renamed into place, so another process sees a whole
file or none. A damaged file is deleted, and its entry computed again. When the folder outgrows its
cap, the files that were unused for longest are deleted. If the folder cannot be written to, that
only costs time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from effects.running.forks import after_fork

Arrays = dict[str, NDArray[Any]]

#: 1 GiB and 256 MiB; not searched.
MAX_DISK_BYTES = 1 << 30
MAX_MEMORY_BYTES = 256 << 20
#: The name of one more array in the file: zip's checksums do not show that an array is missing.
CHECKSUM = "sha256"


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
        self.max_memory_bytes = max_memory_bytes
        self._memory: OrderedDict[str, Arrays] = OrderedDict()
        self._renew_lock()
        after_fork(self, Cache._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def get(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays:
        """The arrays of ``key``, whose values JSON can hold, computed if they are missing.

        The arrays are shared: do not write to them.
        """
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        with self._lock:
            if name in self._memory:
                self._memory.move_to_end(name)
                return self._memory[name]
        arrays = self._read(self._path(name))
        if arrays is None:
            arrays = compute()
            self._write(self._path(name), arrays)
        self._remember(name, arrays)
        return arrays

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
        entries = []
        for path in self.folder.glob("*.npz"):
            with contextlib.suppress(FileNotFoundError):  # another process deleted it first
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.max_disk_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _remember(self, name: str, arrays: Arrays) -> None:
        with self._lock:
            self._memory[name] = arrays
            sizes = {n: sum(a.nbytes for a in entry.values()) for n, entry in self._memory.items()}
            while len(self._memory) > 1 and sum(sizes.values()) > self.max_memory_bytes:
                sizes.pop(self._memory.popitem(last=False)[0])


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
    override = os.environ.get("RESTYLE_CACHE_DIR")
    folder = Path(override) if override else user_cache_path("restyle")
    return CACHES.setdefault(folder, Cache(folder))
