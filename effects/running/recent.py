"""What was used of late, in memory, up to a size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from effects.running.forks import after_fork

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key. What was unused for longest goes first. Many threads may use it.

    Args:
        max_bytes: how much it holds; a larger value is not kept at all.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._renew_lock()
        after_fork(self, Recent._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value of ``key``, if it is still there. It is shared: do not write to it."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: Value, n_bytes: int) -> bool:
        """Keep ``value``, which takes ``n_bytes``; whether it is kept."""
        with self._lock:
            self._values.pop(key, None)
            if n_bytes > self.max_bytes:
                return False
            self._values[key] = (value, n_bytes)
            held = sum(size for _, size in self._values.values())
            while held > self.max_bytes:
                held -= self._values.popitem(last=False)[1][1]
            return True

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()
