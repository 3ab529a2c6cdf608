"""Where jobs are done: executors of `concurrent.futures` that can be exchanged.

`LocalWorkers` are processes of this machine, `Cluster` is a Dask cluster whose machines see the
same files under the same paths. Both say how many jobs they take at once (``count``), at which
address of this machine they reach it (``host``), and can ``kill`` the work on a job.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")

COUNT_SECONDS = 1.0  # between looks at how many workers a cluster has


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

    import effects.restyle  # noqa: F401
    import plugin_bridge.audio_files  # noqa: F401
    import presets

    torch.set_num_threads(1)
    presets.every()


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Cluster(Executor):
    """The workers of a Dask cluster, which may come and go, as may the cluster itself.

    Args:
        address: of its scheduler, such as ``tcp://10.0.0.5:8786``.

    Attributes:
        count: how many jobs the workers can do at once, as of a second ago; 0 while the scheduler
            does not answer.

    Raises:
        ValueError: distributed is not installed, or nobody answers there.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            self._connect()
        except ImportError as error:
            raise ValueError(
                "--scheduler needs Dask: run pip install 'restyle[dask]' here and on the cluster."
            ) from error
        except (OSError, ValueError, TimeoutError) as error:
            raise ValueError(
                f"No Dask scheduler answers at {address}: start one with dask scheduler."
            ) from error
        self.host = _own_address(str(self._client.scheduler_info()["address"]))
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run ``fn`` on the cluster; if its worker dies, on another one.

        Raises:
            BrokenExecutor: the scheduler is gone.
        """
        try:
            future: Future[Result] = self._executor.submit(fn, *args, **kwargs)
        except Exception as error:  # of Dask's many
            self.count = 0
            raise BrokenExecutor(f"The Dask scheduler is gone: {error}") from error
        return future

    def _connect(self) -> None:
        from distributed import Client

        self._client = Client(self._address, timeout=10, set_as_default=False)
        self._executor = self._client.get_executor(pure=False)
        self.count = sum(self._client.nthreads().values())

    def _watch(self) -> None:
        """Keep ``count`` up to date; to ask takes seconds when nobody answers."""
        while not self._closed.wait(COUNT_SECONDS):
            try:
                if self._client.status == "closed":
                    self._connect()
                self.count = sum(self._client.nthreads().values())
            except Exception:  # of Dask's many
                self.count = 0

    def kill(self, future: Future[Any]) -> None:
        """Give up ``future``. Its worker goes on until it notices that its line is cut."""
        future.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which stays as it is."""
        self._closed.set()
        self._client.close(timeout=2)


def _own_address(scheduler: str) -> str:
    """The address by which the cluster's machines reach this one."""
    host, port = scheduler.rpartition("://")[2].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # sends nothing
        probe.connect((host.strip("[]"), int(port)))
        return str(probe.getsockname()[0])
