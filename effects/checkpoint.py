"""Long work ends soon when it is told to: its loops, wherever they are, call `checkpoint`.

Work that reports how far it is ticks (`effects.running.progress`). Loops far below it, in filters
and spectra, know nothing of that; here they learn whether whoever waits for them has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Check = Callable[[], object]
"""Raises if the work has been told to stop."""

_check: ContextVar[Check | None] = ContextVar("_check", default=None)


def checkpoint() -> None:
    """Go on, or raise what ends the work that this thread does. It costs some 0.1 µs."""
    check = _check.get()
    if check is not None:
        check()


def check_here() -> Check | None:
    """What `checkpoint` calls in this thread, for threads that do a part of its work."""
    return _check.get()


@contextmanager
def checked_by(check: Check | None) -> Iterator[None]:
    """Have `checkpoint` call ``check`` meanwhile, in this thread."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)
