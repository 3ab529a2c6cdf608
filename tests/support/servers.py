"""A real ``restyle serve`` for the tests, and raw OSC to talk to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import soundfile

from plugin_bridge.osc.datagram import Message, encode, read
from support.sounds import melody

RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
HOST = "127.0.0.1"
SECONDS = 60.0  # for what takes a second on a machine that is not busy
T = TypeVar("T")
ENDS = ("done", "failed", "cancelled")


class Server:
    """A ``restyle serve`` process that can be killed and started again where it was.

    Attributes:
        root: the folder that it serves.
        port: the same after each restart.
        process: the one that runs, or ran last.
        journal, log: files outside of ``root``.
    """

    def __init__(
        self, root: Path, options: Sequence[str], journal: Path | None, env: dict[str, str]
    ) -> None:
        self.root = root
        beside = root.parent / f"{root.name}-server"
        beside.mkdir(exist_ok=True)
        self.journal = journal or beside / "journal.sqlite"
        self.log = beside / "log.jsonl"
        self.errors = beside / "stderr.txt"
        self.port = 0
        self._options = options
        self._env = {**os.environ, **env}
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [*RESTYLE, "serve", "--root", self.root, "--port", self.port, "--quiet"]
        command += ["--journal", self.journal, "--log", self.log, *self._options]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self._env,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("Listening on "):
            self.process.kill()
            self._reap()
            raise AssertionError(f"{line}{self.errors.read_text()}")
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """As a crash would: SIGKILL."""
        self.process.kill()
        self._reap()

    def stop(self, seconds: float = SECONDS) -> int:
        """As a user would: SIGTERM. Returns the exit code."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._reap()
        return self.process.returncode

    def restart(self) -> None:
        """Kill it if it runs, and start it on the same journal and port."""
        self.kill()
        self.start()

    def workers(self) -> list[psutil.Process]:
        """Its worker processes, without those that only wait for the others' end."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.process.pid).children(recursive=True)
            return [child for child in found if "spawn_main" in " ".join(_command(child))]
        return []

    def worker_at_work(self) -> psutil.Process:
        """The worker that holds the line to the server and computes; there should be one job."""

        def busiest() -> psutil.Process | None:
            for worker in self.workers():
                with suppress(psutil.Error):
                    if any(c.status == "ESTABLISHED" for c in worker.net_connections("tcp")):
                        return worker
            return None

        return wait_for(busiest)

    def ask(self, address: str, *arguments: Any, **options: Any) -> list[Message]:
        """See `ask`."""
        return ask(self.port, address, *arguments, **options)

    def job(self, id: str) -> str:
        """A job's state; ``""`` if it is not known."""
        (reply,) = self.ask("/restyle/job", id, timeout=SECONDS)
        return str(reply.arguments[1]) if reply.address == "/restyle/job.reply" else ""

    def wait(self, id: str, *states: str, seconds: float = SECONDS) -> str:
        """Wait until a job is in one of ``states``; any end, if none is named."""
        return wait_for(
            lambda: state if (state := self.job(id)) in (states or ENDS) else None, seconds
        )

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def _reap(self) -> None:
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serve(
    root: Path, *options: str, journal: Path | None = None, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """A server of ``root`` at a free port, for as long as the block lasts.

    Args:
        root: a folder.
        options: more of ``restyle serve``, such as ``"--workers", "1"``.
        journal: where the journal is; beside ``root`` if it is None.
        env: added to the environment.
    """
    server = Server(root, options, journal, env or {})
    try:
        yield server
    finally:
        workers = server.workers()
        server.kill()
        for worker in workers:  # a stopped one does not notice
            with suppress(psutil.NoSuchProcess):
                worker.kill()


def ask(
    port: int,
    address: str,
    *arguments: Any,
    types: str | None = None,
    until: str | Callable[[list[Message]], bool] | None = None,
    timeout: float = 5.0,
    again: float | None = 0.5,
) -> list[Message]:
    """What a server answers to one message.

    Args:
        port: the server's.
        address: where to in the server.
        arguments: the message's.
        types: OSC type tags of the arguments; None for what they are in Python.
        until: the last answer's address, or a test of all that came; None for the first answer.
        timeout: seconds after which AssertionError is raised.
        again: seconds after which the message is repeated if nothing came; None for never.
    """
    datagram = encode(address, *arguments, types=types)

    def is_all(got: list[Message]) -> bool:
        if until is None:
            return bool(got)
        return got[-1:] != [] and got[-1].address == until if isinstance(until, str) else until(got)

    got: list[Message] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((HOST, port))
        end, repeat = time.monotonic() + timeout, 0.0
        while not is_all(got):
            now = time.monotonic()
            assert now < end, f"{address} {arguments}: {got or 'no answer'} in {timeout} s"
            with suppress(ConnectionError):
                if not got and now >= repeat:
                    repeat = now + again if again is not None else end
                    udp.send(datagram)
                udp.settimeout(max(min(repeat if not got else end, end) - time.monotonic(), 0.01))
                with suppress(TimeoutError):
                    got += read(udp.recv(65536))
    return got


def stem(path: Path, seconds: float = 1.0, rate: int = 44_100, *, seed: int = 0) -> Path:
    """Write a mono stem of plucked notes in 32 bits; returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, melody(seconds, rate, seed=seed)[0], rate, "FLOAT", format="WAV")
    return path


def sound(path: Path) -> np.ndarray:
    """A file's samples, ``[samples, channels]`` in 32 bits."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def restyled_here(path: Path, out: Path, preset: str = "violin", **settings: float) -> np.ndarray:
    """What a job's result has to be: the same done in this process, written to ``out``, read."""
    from effects import StyleTransfer
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.process import process

    content = sound_files.read(path)
    audio = process(StyleTransfer(preset=preset, **settings), content)
    sound_files.write_in_place(out, content.with_audio(audio))
    return sound(out)


def wait_for(found: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Call ``found`` until it returns something true, which is returned."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return value


def leftovers(root: Path) -> list[Path]:
    """Files in ``root`` that only a half-done job would leave."""
    return [
        path
        for path in root.rglob("*")
        if path.name.endswith(".part") or path.name.startswith((".", "tmp"))
    ]


class Lossy:
    """A UDP relay to a server that drops and doubles datagrams in both directions.

    Args:
        port: the server's.
        lost, doubled: how many of all, from 0 to 1.
        seed: draws which.

    Attributes:
        port: the relay's own.
        count: how many datagrams came.
    """

    def __init__(
        self, port: int, *, lost: float = 0.1, doubled: float = 0.1, seed: int = 0
    ) -> None:
        self._server = (HOST, port)
        self._lost, self._doubled = lost, doubled
        self._random = np.random.default_rng(seed)
        self._front = _bound()
        self._backs: dict[tuple[str, int], socket.socket] = {}
        self._open = True
        self.port = self._front.getsockname()[1]
        self.count = 0
        self._threads = [threading.Thread(target=self._forward)]
        self._threads[0].start()

    def __enter__(self) -> Lossy:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open = False
        for thread in self._threads:
            thread.join()
        for it in (self._front, *self._backs.values()):
            it.close()

    def _forward(self) -> None:
        while self._open:
            with suppress(TimeoutError, ConnectionError):
                data, client = self._front.recvfrom(65536)
                if client not in self._backs:
                    self._backs[client] = _bound()
                    self._threads.append(threading.Thread(target=self._return, args=[client]))
                    self._threads[-1].start()
                self._pass(self._backs[client], data, self._server)

    def _return(self, client: tuple[str, int]) -> None:
        while self._open:
            with suppress(TimeoutError, ConnectionError):
                self._pass(self._front, self._backs[client].recv(65536), client)

    def _pass(self, way: socket.socket, data: bytes, to: tuple[str, int]) -> None:
        self.count += 1
        drawn = self._random.random()
        for _ in range(0 if drawn < self._lost else 2 if drawn > 1 - self._doubled else 1):
            way.sendto(data, to)


def _bound() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((HOST, 0))
    udp.settimeout(0.1)
    return udp


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
