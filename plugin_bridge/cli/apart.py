"""Work in a process of its own: what plugins do there, they cannot do to the command.

A plugin is somebody's code. It may crash, hang, and write whatever it likes to the terminal. So
what runs plugins runs in a child process, whose standard streams lead nowhere, and which says by a
pipe how far it is: this process draws and prints. The child ends with this process, however that
ends, and what Ctrl-C finds at work is killed.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from plugin_bridge.cli import stopping
from plugin_bridge.errors import explain
from plugin_bridge.jobs.workers.hush import hush

Result = TypeVar("Result")
Say = Callable[[Any], None]

#: For the child to unwind in once it is stopped; together with the killing it is less than
#: `stopping.GRACE_SECONDS`. Not searched.
GRACE_SECONDS = 0.1

_SAID, _DONE, _FAILED, _LATE = "said", "done", "failed", "late"


class Died(Exception):  # noqa: N818 - what happened, of which the caller knows the reason
    """The process has ended in the middle of its work.

    Attributes:
        killed: whether the system or a person has ended it, and no fault of its own.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"The process has ended (exit code {exit_code}).")
        self.killed = exit_code == -getattr(signal, "SIGKILL", 9)


def call(
    function: Callable[..., Result],
    *arguments: Any,
    hear: Say = lambda message: None,
    seconds: float = math.inf,
) -> Result:
    """Call ``function(say, *arguments)`` in a process of its own.

    Args:
        function: one at the top of a module. It may tell of anything by ``say(message)``.
        arguments: what it takes; they must be such as can be pickled.
        hear: called here with each message.
        seconds: how long it may take, with the start of the process.

    Returns:
        What it returns.

    Raises:
        ValueError: it has raised something, of which this is the explanation.
        Died: the process has ended before it was done.
        TimeoutError: it was not done in time.
        OSError: there cannot be another process.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy threads and their locks
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(theirs, function, arguments), daemon=True, name="restyle-apart"
    )
    try:
        end = time.monotonic() + seconds
        with _without_ctrl_c():
            process.start()
        theirs.close()  # the child has the only one, so the pipe ends when it dies
        result: Result = _heard(ours, process, hear, end)
        return result
    finally:
        ours.close()
        if process.pid is not None:
            _end(process)


def _heard(pipe: Connection, process: Any, hear: Say, end: float) -> Any:
    while True:
        try:
            left = None if end == math.inf else max(end - time.monotonic(), 0.0)
            message: tuple[str, Any] = pipe.recv() if pipe.poll(left) else (_LATE, None)
        except (EOFError, OSError):
            process.join()
            raise Died(process.exitcode) from None
        kind, what = message
        if kind == _SAID:
            hear(what)
        elif kind == _DONE:
            return what
        elif kind == _LATE:
            raise TimeoutError("It took too long.")
        else:
            text, details = what
            error = ValueError(text)
            if os.environ.get("RESTYLE_DEBUG"):
                error.add_note(details)
            raise error


def _end(process: Any) -> None:
    """End the process, whatever it does."""
    process.terminate()
    process.join(GRACE_SECONDS)
    process.kill()
    process.join()


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back during the block; a process that is started in it never gets any."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # The first process that is started would start this one, too, which lets Ctrl-C in again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The main function of the child."""
    _begin()
    lock = threading.Lock()

    def send(kind: str, what: Any) -> None:
        with lock:
            pipe.send((kind, what))

    code = 0
    try:
        send(_DONE, function(lambda message: send(_SAID, message), *arguments))
    except stopping.Interrupted as stop:
        code = 128 + stop.number
    except ConnectionError:  # nobody is there who wants it
        code = 1
    except Exception as error:
        with contextlib.suppress(ConnectionError):
            send(_FAILED, (explain(error), traceback.format_exc()))
    os._exit(code)  # some plugins crash or hang as they are unloaded


def _begin() -> None:
    """Set up the child: its streams, its signals, and its end with the parent's."""
    if not os.environ.get("RESTYLE_DEBUG"):
        hush()
    stopping.listen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which then ends this
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, name="restyle-parent", daemon=True).start()
