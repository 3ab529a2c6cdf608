"""Workers on this machine: processes, one job each."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from effects.running.cores import cores
from plugin_bridge.jobs.workers.hush import hush
from plugin_bridge.jobs.workers.process import WorkerProcess

Result = TypeVar("Result")

#: How far workers stand back for the server, and for others (a DAW that plays, a browser), when all
#: cores are busy. `benchmarks.speed.web` with 0, 5 and 10: 200 connections were answered within 45,
#: 7 and 5 ms (p95), and jobs took as long.
NICENESS = 5

PREPARED = (
    "numpy",
    "scipy.fft",
    "scipy.ndimage",
    "soxr",
    "onnxruntime",
    "effects.engines.sampler.engine",
    "plugin_bridge.files.sound_files",
    "plugin_bridge.jobs.operations.restyle",
)

# Why no library's pool: in concurrent.futures a pool breaks as a whole when one process dies, and
# hides its processes. Pebble's can kill the work on one future, but reports it as cancelled while
# the process may still write OUT.part; takes a process that has called os._exit(0) to be at work;
# and has all processes share two locks, which a process that is killed may never release.


class LocalWorkers(Executor):
    """Processes that take one job at a time; if one dies, the work of the others goes on.

    A process that has died is replaced when it is next needed. All of them end with this process,
    however it ends.

    Args:
        count: how many processes; 0 for as many as there are cores.
        quiet: whether what they write to the terminal leads nowhere: plugins write there as they
            like. With RESTYLE_DEBUG=1 it is shown.
    """

    host = "127.0.0.1"
    elsewhere = False

    def __init__(self, count: int = 0, *, quiet: bool = False) -> None:
        self.count = count or cores()
        self._prepare = _prepare_quietly if quiet else _prepare
        self._lock = threading.Lock()
        self._idle = [WorkerProcess(self._prepare) for _ in range(self.count)]
        self._busy: dict[Future[Any], WorkerProcess] = {}

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run ``fn`` in an idle process.

        Raises:
            RuntimeError: none is idle; the scheduler never has more than ``count`` jobs run.
        """
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if not self._idle:
                raise RuntimeError("All workers are busy.")
            if not self._idle[-1].alive:
                self._idle[-1] = WorkerProcess(self._prepare)
            worker = self._busy[future] = self._idle.pop()
        future.add_done_callback(self._release)
        worker.call(future, fn, *args, **kwargs)
        return future

    def kill(self, future: Future[Any]) -> None:
        """End the process that works on ``future``, which then fails with WorkerDied."""
        with self._lock:
            worker = self._busy.get(future)
        if worker is not None:
            worker.end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes, whatever they do."""
        with self._lock:
            workers = [*self._idle, *self._busy.values()]
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join()

    def _release(self, future: Future[Any]) -> None:
        with self._lock:
            self._idle.append(self._busy.pop(future))


def _prepare_quietly(pipe: Connection) -> None:
    """As `_prepare`; what the process and its plugins write to the terminal leads nowhere."""
    if not os.environ.get("RESTYLE_DEBUG"):
        hush()
    _prepare(pipe)


def _prepare(pipe: Connection) -> None:
    """Load what restyling with the default engine needs, so that no job waits for it.

    A job that comes meanwhile loads the rest itself, with its line open: on a busy machine, a
    worker that prepared in silence would seem to hang. A job of another engine loads torch itself,
    which then uses one thread, too.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    for name in PREPARED:
        if pipe.poll():
            return
        importlib.import_module(name)

    import presets

    presets.every()
