"""A setting of the whole process that is changed while any call lasts, and put back after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from effects.running.forks import after_fork


class SharedSetting:
    """A setting that every call wants alike: the first one changes it, the last one puts it back.

    In a forked child it stays as it was changed: the calls of other threads are not in the child,
    and nobody is left to put it back.

    Args:
        change: changes the setting, and returns what puts it back. May be called again before that,
            if calls overlap.
    """

    def __init__(self, change: Callable[[], Callable[[], object]]) -> None:
        self._change = change
        self._renew()
        after_fork(self, SharedSetting._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Have the setting changed meanwhile."""
        with self._lock:
            if self._calls == 0:
                self._put_back = self._change()
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
                if self._calls == 0:
                    self._put_back()
