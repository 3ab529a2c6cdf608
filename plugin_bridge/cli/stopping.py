"""Ctrl-C and SIGTERM: the command unwinds and removes what it has begun, or is ended all the same.

Python runs signal handlers only in the main thread and only between bytecodes, so that a library
that computes or waits without returning would keep the process alive. A thread here is told of the
signal at once (`signal.set_wakeup_fd`), and ends the process if the main thread has not.

What this cannot end is native code that never returns and never lets other threads run (it holds
Python's global lock): that would take a second process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

NUMBERS = (signal.SIGINT, signal.SIGTERM)
# Both not searched; together they are less than the half second that is promised.
GRACE_SECONDS = 0.3  # for the main thread to unwind in
CLEARING_SECONDS = 0.15  # for another thread that is about to end the process

_ending = threading.Lock()  # held by whoever ends the process
_how_to_go_on: list[str] = []  # to be said when it is stopped


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. Not a KeyboardInterrupt: some libraries turn that into other errors."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def listen() -> None:
    """From now on, have signals raise `Interrupted` in the main thread, and end the process soon.

    An event loop's ``add_signal_handler`` takes all of this over, for its own orderly end.
    """
    for number in NUMBERS:
        signal.signal(number, _interrupt)
    received, sent = socket.socketpair()
    sent.setblocking(False)
    signal.set_wakeup_fd(sent.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(received,), name="restyle-signals", daemon=True).start()
    if hasattr(os, "register_at_fork"):  # a signal to a child is not this process's
        os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))


@contextlib.contextmanager
def telling_how_to_go_on() -> Iterator[None]:
    """If the block is stopped, say that the same command goes on with what is kept of its work."""
    _how_to_go_on.append("; run the same command again to go on")
    try:
        yield
    except Exception:  # it failed, and was not stopped
        _how_to_go_on.clear()
        raise
    _how_to_go_on.clear()


def end(number: int) -> NoReturn:
    """End the process by the signal's exit code, though other threads may be in native code."""
    if _ending.acquire(blocking=False):
        _remove_unfinished()
        _say_stopped()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
    else:
        time.sleep(CLEARING_SECONDS)  # the other thread is about to
    os._exit(128 + number)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)


def _watch(received: socket.socket) -> None:
    while numbers := received.recv(1):
        if numbers[0] in NUMBERS:
            time.sleep(GRACE_SECONDS)
            end(numbers[0])


def _remove_unfinished() -> None:
    """Remove folders that the main thread had no time to remove."""
    # Not imported here: an import that hangs would have this one wait for ever.
    folders = sys.modules.get("plugin_bridge.files.result_folder")
    if folders is not None:
        folders.abandon_workshops()


def _say_stopped() -> None:
    """Say so on stderr, unless that would block: a pipe that nobody reads may be full."""
    with contextlib.suppress(OSError, ValueError):
        if os.name == "nt" or select.select([], [2], [], 0)[1]:
            os.write(2, f"restyle: stopped{''.join(_how_to_go_on)}\n".encode())
