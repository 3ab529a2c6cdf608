"""Looks at jobs' files in processes of their own: a file may kill or hang whoever opens it.

A path may lead to a disk that does not answer, and a file may be made to crash what reads it. The
server's loop must outlive both, so it opens nothing itself.

There are two processes, so that others are looked at while one file takes its time, and while a
process that was killed is replaced, which takes half a second. When all are busy, a look that takes
longer than any honest file is given up for those that wait. With one process each hostile file
would hold all up for those seconds; with more than two, each would have to be filled as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, TypeVar

from plugin_bridge.errors import explain_job
from plugin_bridge.jobs.inputs import crashes, open_stored
from plugin_bridge.jobs.refusal import Refusal, code_of
from plugin_bridge.jobs.roots import Looked, Roots, look_at
from plugin_bridge.jobs.workers.process import WorkerDied, WorkerProcess
from plugin_bridge.limits import limit_memory
from plugin_bridge.storage.files import Files
from presets.sound_file.header import Header

Result = TypeVar("Result")

# Not searched: an honest file takes some milliseconds, one on a disk that has to start up seconds.
PROCESSES = 2
LOOK_SECONDS = 10.0  # at most for one job's files
CONTENDED_SECONDS = 2.0  # the same, while others wait
START_SECONDS = 60.0  # for a process to start; half a second on a machine that is not busy
TICK_SECONDS = 0.1
MORE_BYTES = 256 << 20  # of memory that a look may take; a header takes some 10 MB at most


class Looking(Protocol):
    """Whoever looks at jobs' files.

    Attributes:
        roots: the folders that may be used.
    """

    roots: Roots

    async def look(self, inputs: Mapping[str, str], output: str) -> Looked:
        """Judge a job's files, as `Roots.look` does, which says what is raised."""
        ...

    async def look_stored(self, files: Files, key: str, name: str) -> Header:
        """Judge a file in storage that its client calls ``name``. Raises Refusal."""
        ...


class Lookers:
    """Processes that look at files. They start at once, and end by `shutdown`, or with this one.

    Args:
        roots: the folders that may be used.
    """

    def __init__(self, roots: Roots) -> None:
        self.roots = roots
        self._all = [Looker(_prepare) for _ in range(PROCESSES)]
        self._idle: asyncio.Queue[Looker] = asyncio.Queue()
        for it in self._all:
            it.start()
            self._idle.put_nowait(it)
        self._waiting = 0

    async def look(self, inputs: Mapping[str, str], output: str) -> Looked:
        """Judge a job's files, as `Roots.look` does.

        Raises:
            Refusal: as there; ``unreadable`` if they kill or hang the process that looks.
        """
        return await self._call(inputs, self.roots.look, inputs, output)

    async def look_stored(self, files: Files, key: str, name: str) -> Header:
        """Judge a file in storage that its client calls ``name``.

        Raises:
            Refusal: it is not a sound, or too long, or kills or hangs the process that looks.
        """
        return await self._call({"": name}, look_stored, files, key, name, self.roots.max_seconds)

    async def _call(
        self, names: Mapping[str, str], fn: Callable[..., Result], *args: Any
    ) -> Result:
        """Call ``fn`` in a process that is free; ``names`` are the files', for messages."""
        self._waiting += 1
        try:
            looker = await self._idle.get()
        finally:
            self._waiting -= 1
        try:
            return await self._look(looker, names, fn, *args)
        finally:
            self._idle.put_nowait(looker)

    async def _look(
        self, looker: Looker, names: Mapping[str, str], fn: Callable[..., Result], *args: Any
    ) -> Result:
        for _ in range(2):  # the system may have killed the first for lack of memory
            try:
                await looker.call(_nothing, patience=lambda: START_SECONDS)
                return await looker.call(fn, *args, patience=lambda: self._patience)
            except TimeoutError:
                paths = " or ".join(names.values())
                text = f"{paths} takes too long to be looked at: does its disk answer?"
                raise Refusal("unreadable", text) from None
            except WorkerDied as error:
                if error.crashed:
                    break
            except MemoryError:
                break
            except OSError as error:  # no process can be started
                raise Refusal(code_of(error), explain_job(error)) from error
        raise Refusal("unreadable", crashes(names))

    @property
    def _patience(self) -> float:
        return CONTENDED_SECONDS if self._waiting else LOOK_SECONDS

    def shutdown(self) -> None:
        """End all processes, whatever they do."""
        for it in self._all:
            it.end()


class Looker:
    """One process that looks; it is started anew when it is needed and not there.

    Args:
        prepare: called in the process when it starts.
    """

    def __init__(self, prepare: Callable[[Connection], None]) -> None:
        self._prepare = prepare
        self._process: WorkerProcess | None = None

    def start(self) -> None:
        """Start the process, unless it lives. Raises OSError."""
        if self._process is None or not self._process.alive:
            self._process = WorkerProcess(self._prepare)

    def end(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    async def call(
        self, fn: Callable[..., Result], *args: Any, patience: Callable[[], float]
    ) -> Result:
        """Call ``fn`` in the process; if it takes longer than ``patience`` says, kill that.

        Raises:
            TimeoutError: it took too long.
            WorkerDied: the process died.
            OSError: none can be started.
            Exception: what ``fn`` raises.
        """
        self.start()
        assert self._process is not None
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        self._process.call(future, fn, *args)
        answer, spent = asyncio.wrap_future(future), 0.0
        try:
            while spent < patience():
                before = time.monotonic()
                await asyncio.wait({answer}, timeout=TICK_SECONDS)
                if answer.done():
                    return answer.result()
                # If the whole machine stood still meanwhile, that is not the file's fault.
                spent += min(time.monotonic() - before, 2 * TICK_SECONDS)
        finally:
            if not answer.done():  # given up, perhaps by whoever asked
                answer.cancel()
                self.end()
            elif not answer.cancelled():  # it came, but whoever asked has just gone: it is heard
                answer.exception()
        raise TimeoutError


def look_stored(files: Files, key: str, name: str, max_seconds: float) -> Header:
    """What a file in storage says of itself. Raises Refusal."""
    with open_stored(key, name, files) as file:
        return look_at(file, Path(name), max_seconds)


def _nothing() -> None:
    """Tells that a process has started."""


def _prepare(pipe: Connection) -> None:
    """Limit what looking may take; all that it needs is loaded with this module."""
    limit_memory(MORE_BYTES)
