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
MAX_STRANGERS = 16  # connections that have not said yet who they are
MAX_LINES = 1024  # of workers: more than a cluster has that shares one file system
BACKLOG = 128  # connections that wait in the system, without descriptors, to be taken in
ACCEPT_SECONDS = 0.05  # to wait after a failure to accept: out of descriptors, there is another
#: To wait before a stranger is closed for another: all 16 that are new have 0.16 s for a greeting
#: to be heard, which a worker has sent by then, if the loop is busy. Others wait in the backlog.
PATIENCE_SECONDS = 0.01
REPEAT_SECONDS = 1.0  # far less than the shortest --hang-seconds, 10


class Address(NamedTuple):
    """Where a worker connects, and the token that proves that the server sent it."""

    host: str
    port: int
    token: str


class Exchange:
    """The server's end of all lines.

    A worker says who it is as soon as it has connected. So of those that have not, only a few are
    kept: for a new one, the oldest is closed. However many connect, there are descriptors left.
    """

    def __init__(self, on_report: OnReport) -> None:
        self._on_report = on_report
        self._lines: dict[str, asyncio.StreamWriter] = {}
        self._cut: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # one for each connection
        self._strangers: list[asyncio.Task[None]] = []  # of these, the oldest first

    async def open(self, host: str) -> Address:
        """Listen on ``host``, an IP address, at a free port."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, 0), family=family, backlog=BACKLOG)
        listener.setblocking(False)
        self.address = Address(host, listener.getsockname()[1], secrets.token_hex(16))
        self._accepting = asyncio.create_task(self._accept(listener))
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
        self._accepting.cancel()
        for task in self._strangers:
            task.cancel()
        for writer in self._lines.values():
            writer.close()
        self._lines.clear()

    async def _accept(self, listener: socket.socket) -> None:
        """Take connections in, one at a time.

        (asyncio's own server takes in as many as its backlog at once. Out of descriptors, it plans
        and prints as many retries, each of which does the same.)
        """
        with listener:
            while True:
                try:
                    connection, _ = await asyncio.get_running_loop().sock_accept(listener)
                except OSError:  # out of descriptors, or whoever called has gone
                    self._drop_stranger()
                    await asyncio.sleep(ACCEPT_SECONDS)
                    continue
                if len(self._strangers) >= MAX_STRANGERS:
                    await asyncio.sleep(PATIENCE_SECONDS)
                if len(self._strangers) >= MAX_STRANGERS:
                    self._drop_stranger()
                self._connected(connection)

    def _connected(self, connection: socket.socket) -> None:
        """Listen to a stranger."""
        task = asyncio.create_task(self._receive(connection))
        self._tasks.add(task)
        self._strangers.append(task)

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._is_no_stranger(task)
            connection.close()  # which the task has done, unless it was cancelled before it began

        task.add_done_callback(over)

    def _drop_stranger(self) -> None:
        """Close the oldest connection that has not said who it is."""
        if self._strangers:
            self._strangers.pop(0).cancel()

    def _is_no_stranger(self, task: asyncio.Task[None] | None) -> None:
        if task in self._strangers:
            self._strangers.remove(task)

    async def _receive(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=MAX_LINE_BYTES)
        try:
            job = await self._greet(reader)
            self._is_no_stranger(asyncio.current_task())
            if job is not None:
                await self._hear(job, reader, writer)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass  # not our worker, or one that died: its future tells that
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader) -> str | None:
        """The job that a worker works on; None if it is no worker, or is not to work on it."""
        async with asyncio.timeout(GREET_SECONDS):
            greeting = json.loads(await reader.readline())
        token, job = str(greeting["token"]), str(greeting["job"])
        if not hmac.compare_digest(token.encode(), self.address.token.encode()):
            return None
        return None if job in self._cut or len(self._lines) >= MAX_LINES else job

    async def _hear(
        self, job: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on what a worker reports, until its line ends."""
        self._lines[job] = writer
        try:
            while line := await reader.readline():
                fraction, stage = json.loads(line)
                if self._lines.get(job) is writer:
                    self._on_report(job, float(fraction), str(stage))
        finally:
            if self._lines.get(job) is writer:
                del self._lines[job]


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
