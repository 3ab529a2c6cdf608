"""Work beside the jobs, in a process of its own: what is made of a sound to be played or shown.

It reads files that may be hostile, as looking at them does, so memory and time are limited, and a
process that dies takes nothing with it.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from plugin_bridge.jobs.looking import Looker
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.workers.hush import hush
from plugin_bridge.jobs.workers.process import WorkerDied
from plugin_bridge.limits import limit_memory

Result = TypeVar("Result")

MORE_BYTES = 4 << 30  # of memory, as much as a sound may need: `MAX_DECODED_BYTES` of its look
SECONDS = 60.0  # not searched: an hour of stereo as FLAC takes some 40 s


class Aside:
    """One process, which does one thing after the other.

    Args:
        modules: what it loads before the first thing comes, so that nobody waits for that.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._process = Looker(partial(_prepare, tuple(modules)))
        self._turn = asyncio.Lock()

    def start(self) -> None:
        """Start the process now, and not when it is first needed. Raises OSError."""
        self._process.start()

    async def call(self, fn: Callable[..., Result], *args: Any, seconds: float = SECONDS) -> Result:
        """Call ``fn`` there.

        Raises:
            Refusal: ``unreadable``: it took too long, too much memory, or the process with it.
            Exception: what ``fn`` raises.
        """
        async with self._turn:
            try:
                return await self._process.call(fn, *args, patience=lambda: seconds)
            except (TimeoutError, WorkerDied, MemoryError) as error:
                text = "This file takes too much time or memory to be shown: download it."
                raise Refusal("unreadable", text) from error

    def shutdown(self) -> None:
        """End the process, whatever it does."""
        self._process.end()


def _prepare(modules: Sequence[str], pipe: Connection) -> None:
    limit_memory(MORE_BYTES)
    hush()  # libmpg123 writes what it thinks of damaged files, and plugins what they like
    for name in modules:
        importlib.import_module(name)
