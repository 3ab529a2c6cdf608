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
            RuntimeError: none is idle; the scheduler never has more than ``count`` jobs run.
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
    """One process, and the pipe to it: work goes in, its result comes out."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locked threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # the process now holds the only one, so the pipe ends when it dies

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
        """Call ``fn`` in the process, and wait for its result."""
        try:
            self._pipe.send((fn, args, kwargs))
            result, error = self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            self.join()
            result, error = None, BrokenProcessPool("The worker process has ended.")
        except Exception as fault:  # something cannot be pickled
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
    """The main function of a worker's process: do one piece of work after another."""
    _begin()
    with contextlib.suppress(Exception):  # a fault here comes again in each job, which reports it
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
    """Set up a worker's process: its signals, its threads, and its end with the server's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for library in ("OMP", "OPENBLAS"):  # one each: there are other workers
        os.environ[f"{library}_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _prepare(pipe: Connection) -> None:
    """Load what restyling with the default engine needs, so that no job waits for it.

    A job that comes meanwhile loads the rest itself, with its line open: on a busy machine, a
    worker that prepared in silence would seem to hang. A job of another engine loads torch itself,
    which then uses one thread, too.
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
