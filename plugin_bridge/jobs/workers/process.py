"""A process that does one piece of work after another for this one, and can be killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any

#: What ends a process by a fault in a library. SIGKILL is none: that is the system's, when memory
#: runs out, or a person's.
CRASHES = tuple(
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")
    if hasattr(signal, name)
)

Prepare = Callable[[Connection], None]  # more work may come meanwhile, which the pipe tells


class WorkerDied(BrokenProcessPool):
    """A worker's process has ended in the middle of its work.

    Attributes:
        crashed: whether by one of `CRASHES`.
        exited: whether it was no signal: something in it has ended the process.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"The worker process has ended (exit code {exit_code}).")
        self.crashed = exit_code is not None and -exit_code in CRASHES
        self.exited = exit_code is not None and exit_code >= 0


class WorkerProcess:
    """One process, and the pipe to it: work goes in, its result comes out.

    It ends with this process, however that ends.

    Args:
        prepare: called in the process before it takes work.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, prepare: Prepare) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locked threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, prepare), daemon=True)
        self._process.start()
        theirs.close()  # the process now holds the only one, so the pipe ends when it dies

    @property
    def alive(self) -> bool:
        """Whether it can be given work."""
        return self._process.is_alive()

    def call(self, future: Future[Any], fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Have ``fn`` called in the process, and ``future`` get the result, or `WorkerDied`."""
        arguments = (future, fn, args, kwargs)
        threading.Thread(target=self._call, args=arguments, daemon=True).start()

    def _call(
        self,
        future: Future[Any],
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        try:
            self._pipe.send((fn, args, kwargs))
            result, error = self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            self.join()
            result, error = None, WorkerDied(self._process.exitcode)
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


def _serve(pipe: Connection, prepare: Prepare) -> None:
    """The main function of the process: do one piece of work after another."""
    _begin()
    with contextlib.suppress(Exception):  # a fault here comes again in each job, which reports it
        prepare(pipe)
    while True:
        try:
            fn, args, kwargs = pipe.recv()
        except (EOFError, OSError):  # the server has ended, or was killed
            return
        result, failure = None, None
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            failure = error
        with contextlib.suppress(ConnectionError):  # likewise, meanwhile
            pipe.send((result, failure))


def _begin() -> None:
    """Set up the process: its signals, its threads, and its end with the server's."""
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
