"""How the processor rounds: libraries that are loaded may change it for the whole thread.

Whatever is compiled with -ffast-math, such as some plugins, switches off numbers below 2e-308 (and,
in single precision, 1e-38) as soon as it is loaded. Whatever is computed afterwards might then have
other bits than before.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_ROOM = 512  # bytes, for C's fenv_t: 32 on x86-64


@contextmanager
def kept() -> Iterator[None]:
    """Leave this thread's rounding as it is now, whatever is loaded meanwhile."""
    library = _library()
    if library is None:
        yield
        return
    mode = ctypes.create_string_buffer(_ROOM)
    library.fegetenv(mode)
    try:
        yield
    finally:
        library.fesetenv(mode)


@cache
def _library() -> Any:
    """C's mathematics; None where it is not to be had so."""
    try:
        library = ctypes.CDLL("libm.so.6" if sys.platform == "linux" else None)
        return library if library.fegetenv and library.fesetenv else None
    except (OSError, AttributeError, TypeError):  # Windows has no library without a name
        return None
