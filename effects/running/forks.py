"""Calls of effects in a process that was forked while another thread was in a call.

Only the thread that forks goes on in the child. A lock that another one held stays locked there, so
each object with a lock gets a new one in the child.

What cannot be renewed is inside libraries. Onnxruntime's sessions, which have locks, are opened
anew (`effects.learned.onnx_session`); OpenBLAS renews its own; torch computes in the calling thread
(`effects.running.devices.one_thread`), and its documentation advises against forking all the same.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any

_renewals: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def in_forked_children(renew: Callable[[], None]) -> Callable[[], None]:
    """Have ``renew()`` called in each forked child; a decorator. Windows has no fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return renew


def after_fork(it: Any, renew: Callable[[Any], None]) -> None:
    """Have ``renew(it)`` called in each forked child, as long as ``it`` exists here."""
    _renewals[it] = renew


@in_forked_children
def _renew_all() -> None:
    for it, renew in list(_renewals.items()):
        renew(it)
