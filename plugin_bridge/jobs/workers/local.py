"""Workers on this machine: processes, one job each."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Result = TypeVar("Result")

PREPARED = (
    "numpy",
    "scipy.signal",
    "soxr",
    "onnxruntime",
    "effects.engines.sampler.engine",
    "plugin_bridge.files.sound_files",
    "plugin_bridge.jobs.operations.restyle",
)

# Why no library's pool: one of concurrent.futures breaks as a whole when a process dies, and hides
# its processes. pebble's can kill the work on one future, but says that it is cancelled before the
# process has ended, which may still write OUT.part then; takes a process that calls os._exit(0)
# for one at work; and has all processes share two locks, which one that is killed can take along.


class LocalWorkers(Executor):
    """Processes that take a job at a time; one that dies takes down no other's work.

    A process that has died is replaced when it is next needed. All of them end with this process,
    however it ends.

    Args:
        count: how many; as many as there are cores if it is 0.
    """

    host = "127.0.0.1"

    def __init__(self, count: int = 0) -> None:
        self.count = count or cores()
        self._lock = threading.Lock()
        self._idle = [_Worker() for _ in range(self.count)]
        self._busy: dict[Future[Any], _Worker] = {}

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run ``fn`` in an idle process.

        Raises:
            RuntimeError: none is idle: the scheduler never gives out more work than that.
        """
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if not self._idle:
                raise RuntimeError("All workers are busy.")
            if not self._idle[-1].alive:
                self._idle[-1] = _Worker()
            worker = self._busy[future] = self._idle.pop()
        future.add_done_callback(self._release)
        threading.Thread(target=worker.run, args=(future, fn, args, kwargs), daemon=True).start()
        return future

    def kill(self, future: Future[Any]) -> None:
        """End the process that works on ``future``, which then fails with BrokenProcessPool."""
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


class _Worker:
    """One process, and the pipe to it: work goes in, and what came of it comes out."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locked threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that the process has the only one, and its death is the pipe's end

    @property
    def alive(self) -> bool:
        """Whether it can be given work."""
        return self._process.is_alive()

    def run(
        self,
        future: Future[Any],
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Have ``fn`` called there, and wait for what comes of it."""
        try:
            self._pipe.send((fn, args, kwargs))
            result, error = self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            self.join()
            result, error = None, BrokenProcessPool("The worker process has ended.")
        except Exception as fault:  # what cannot be pickled is not sent
            result, error = None, fault
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def end(self) -> None:
        """Kill the process, whatever it does."""
        self._process.kill()

    def join(self) -> None:
        """Wait until the process has ended."""
        self._process.join()


def _serve(pipe: Connection) -> None:
    """What a worker does all its life."""
    _begin()
    with contextlib.suppress(Exception):  # a fault here is one of each job, which then tells it
        _prepare(pipe)
    while True:
        try:
            fn, args, kwargs = pipe.recv()
        except EOFError:
            return
        result, failure = None, None
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            failure = error
        pipe.send((result, failure))


def _begin() -> None:
    """The first thing in a worker: its signals, its threads, and its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which says what next
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for library in ("OMP", "OPENBLAS"):  # read when NumPy and torch load: there are more workers
        os.environ[f"{library}_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()
    assert parent is not None

    def outlive_nobody() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=outlive_nobody, daemon=True).start()


def _prepare(pipe: Connection) -> None:
    """Load what restyling with the default engine needs, so that no job waits for it.

    A job that comes meanwhile loads the rest itself, with its line open: on a busy machine a
    worker that prepares in silence would be taken for one that hangs. Another engine's job loads
    torch itself, which then uses one thread as well.
    """
    for name in PREPARED:
        if pipe.poll():
            return
        importlib.import_module(name)

    import presets

    presets.every()


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
