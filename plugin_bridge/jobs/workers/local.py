"""Workers on this machine: processes, one job each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class LocalWorkers(Executor):
    """Processes, each behind an executor of its own: one that dies takes down no other's work.

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
        with self._lock:
            if not self._idle:
                raise RuntimeError("All workers are busy.")
            try:
                future = self._idle[-1].pool.submit(fn, *args, **kwargs)
            except RuntimeError:  # it has died, or was ended
                self._idle[-1].end()
                self._idle[-1] = _Worker()
                future = self._idle[-1].pool.submit(fn, *args, **kwargs)
            self._busy[future] = self._idle.pop()
        future.add_done_callback(self._release)
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
            worker.pool.shutdown(wait=wait, cancel_futures=True)

    def _release(self, future: Future[Any]) -> None:
        with self._lock:
            self._idle.append(self._busy.pop(future))


class _Worker:
    """One process and its executor."""

    _starting = threading.Lock()

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy torch's locked threads
        self.pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
        with self._starting:  # an executor does not tell its processes, but starts them at once
            before = multiprocessing.active_children()
            self.pool.submit(_prepare)
            started = [it for it in multiprocessing.active_children() if it not in before]
        self._processes = started

    def end(self) -> None:
        """Kill the process, whatever it does."""
        for process in self._processes:
            process.kill()
        self.pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """The first thing in a worker: its signals, its threads, and its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which says what next
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ["OMP_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()
    assert parent is not None

    def outlive_nobody() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=outlive_nobody, daemon=True).start()


def _prepare() -> None:
    """Load what work needs, so that no job waits for it."""
    import torch

    import effects.engines.gram.windows  # noqa: F401
    import plugin_bridge.files.sound_files  # noqa: F401
    import presets

    torch.set_num_threads(1)
    presets.every()


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
