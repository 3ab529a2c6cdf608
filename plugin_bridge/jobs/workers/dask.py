"""Workers on the machines of a Dask cluster."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, TypeVar

Result = TypeVar("Result")

# Not searched.
COUNT_SECONDS = 1.0  # between looks at how many workers a cluster has
CONNECT_SECONDS, CLOSE_SECONDS = 10, 2  # at most, for a scheduler to answer


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

    elsewhere = True

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
        except Exception as error:  # Dask has many
            self.count = 0
            raise BrokenExecutor(f"The Dask scheduler is gone: {error}") from error
        return future

    def _connect(self) -> None:
        from distributed import Client

        self._client = Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        self._executor = self._client.get_executor(pure=False)
        self.count = sum(self._client.nthreads().values())

    def _watch(self) -> None:
        """Keep ``count`` up to date, in a thread: asking takes seconds when nobody answers."""
        while not self._closed.wait(COUNT_SECONDS):
            try:
                if self._client.status == "closed":
                    self._connect()
                self.count = sum(self._client.nthreads().values())
            except Exception:  # Dask has many
                self.count = 0

    def kill(self, future: Future[Any]) -> None:
        """Give up ``future``. Its worker goes on until it notices that its line is cut."""
        future.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which stays as it is."""
        self._closed.set()
        self._client.close(timeout=CLOSE_SECONDS)


def _own_address(scheduler: str) -> str:
    """The address by which the cluster's machines reach this one."""
    host, port = scheduler.rpartition("://")[2].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # sends nothing
        probe.connect((host.strip("[]"), int(port)))
        return str(probe.getsockname()[0])
