"""The line from a worker to its server: it carries progress, and cutting it stops the work.

A worker may be a process here or on another machine, so the line is a TCP connection, opened by
the worker with the server's token. Each report is one line of JSON. A server that wants a job
stopped cuts its line; a server that dies cuts all of them. So no work goes on in vain.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import select
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

OnReport = Callable[[str, float, str], None]  # job, fraction, stage

# Not searched.
MAX_LINE_BYTES = 1 << 12  # a report has far fewer: its stage is cut to `STAGE_CHARACTERS`
STAGE_CHARACTERS = 100
GREET_SECONDS = 5.0  # for a worker that has connected to say who it is
CONNECT_SECONDS = 10.0  # for a worker to reach the server
REPEAT_SECONDS = 1.0  # far less than the shortest --hang-seconds, 10


class Address(NamedTuple):
    """Where a worker connects, and the token that proves that the server sent it."""

    host: str
    port: int
    token: str


class Exchange:
    """The server's end of all lines."""

    def __init__(self, on_report: OnReport) -> None:
        self._on_report = on_report
        self._lines: dict[str, asyncio.StreamWriter] = {}
        self._cut: set[str] = set()

    async def open(self, host: str) -> Address:
        """Listen on ``host``, at a free port."""
        self._server = await asyncio.start_server(self._receive, host, 0, limit=MAX_LINE_BYTES)
        port = self._server.sockets[0].getsockname()[1]
        self.address = Address(host, port, secrets.token_hex(16))
        return self.address

    def cut(self, job: str) -> None:
        """Stop a job's work: now, or when its worker connects."""
        self._cut.add(job)
        if job in self._lines:
            self._lines.pop(job).close()

    def forget(self, job: str) -> None:
        """Forget the line of a job whose work is over; new work on it has a line of its own."""
        self._cut.discard(job)
        if job in self._lines:
            self._lines.pop(job).close()

    def close(self) -> None:
        """Cut all lines."""
        self._server.close()
        for writer in self._lines.values():
            writer.close()
        self._lines.clear()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        job = None
        try:
            async with asyncio.timeout(GREET_SECONDS):
                greeting = json.loads(await reader.readline())
            token, name = str(greeting["token"]), str(greeting["job"])
            if not hmac.compare_digest(token.encode(), self.address.token.encode()):
                return
            if name in self._cut:
                return
            job = name
            self._lines[job] = writer
            while line := await reader.readline():
                fraction, stage = json.loads(line)
                if self._lines.get(job) is writer:
                    self._on_report(job, float(fraction), str(stage))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass  # not our worker, or one that died: its future tells that
        finally:
            if job is not None and self._lines.get(job) is writer:
                del self._lines[job]
            writer.close()


class Line:
    """The worker's end; a context manager.

    While it is open, the last report is repeated every second, so that a worker does not seem to
    hang in a long step (encoding an hour as MP3 takes two minutes).

    Raises:
        OSError: the server is gone.
    """

    def __init__(self, address: Address, job: str) -> None:
        self._socket = socket.create_connection(
            (address.host, address.port), timeout=CONNECT_SECONDS
        )
        self._sending = threading.Lock()
        self._closed = threading.Event()
        self._last: object = [0.0, "starting"]
        self._send({"token": address.token, "job": job})
        threading.Thread(target=self._repeat, name="restyle-line", daemon=True).start()

    def report(self, fraction: float, stage: str) -> None:
        """Say how far the work has got.

        Raises:
            effects.Cancelled: the line was cut.
        """
        from effects import Cancelled

        self._last = [round(fraction, 4), stage[:STAGE_CHARACTERS]]
        try:
            self._send(self._last)
            cut = bool(select.select([self._socket], [], [], 0)[0])  # the server never speaks
        except OSError:
            cut = True
        if cut:
            raise Cancelled("the server cut the line")

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *exception: object) -> None:
        self._closed.set()
        with self._sending:
            self._socket.close()

    def _repeat(self) -> None:
        while not self._closed.wait(REPEAT_SECONDS):
            try:
                self._send(self._last)
            except OSError:  # cut: the next report says so
                return

    def _send(self, content: object) -> None:
        with self._sending:
            self._socket.sendall(json.dumps(content).encode() + b"\n")
