"""How much memory a process may take while it reads a file that may be hostile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


@contextlib.contextmanager
def limited_memory(more_bytes: int) -> Iterator[None]:
    """Let this process take so much more memory while the block lasts, and leave no core dump.

    What asks for more gets MemoryError. Where the system does not tell how much a process has,
    nothing is limited.
    """
    before = limit_memory(more_bytes)
    try:
        yield
    finally:
        for which, limits in before.items():
            resource.setrlimit(which, limits)


def limit_memory(more_bytes: int) -> dict[int, tuple[int, int]]:
    """As `limited_memory`, but for good; returns the limits as they were."""
    size = _address_space_bytes()
    if resource is None or size is None:
        return {}
    before = {}
    for which, most in ((resource.RLIMIT_AS, size + more_bytes), (resource.RLIMIT_CORE, 0)):
        soft, hard = before[which] = resource.getrlimit(which)
        known = [it for it in (soft, hard, most) if it != resource.RLIM_INFINITY]
        resource.setrlimit(which, (min(known), hard))
    return before


def _address_space_bytes() -> int | None:
    """What this process has reserved, which is what RLIMIT_AS limits; None if nobody tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):  # not Linux
        return None
