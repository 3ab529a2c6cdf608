"""A real ``restyle serve --web`` for the tests, and a client to talk to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from support.servers import RESTYLE, SECONDS, stem

PROBLEM = "application/problem+json"


class WebServer:
    """A ``restyle serve --web`` process.

    Attributes:
        folder: its journal, log and files are in there.
        url: the page's address; the port stays the same after a restart.
        process: the one that runs, or ran last.
        http: a client of this machine's user, without cookie and key.
    """

    def __init__(self, folder: Path, options: Sequence[str], command: Sequence[str]) -> None:
        self.folder = folder
        self.errors = folder / "stderr.txt"
        self.log = folder / "log.jsonl"
        self.port = 0
        self._options, self._command = options, command
        self.start()
        self.http = httpx2.Client(base_url=self.url, timeout=SECONDS)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [*self._command, "serve", "--web", "--web-port", self.port, "--quiet"]
        command += ["--data", self.folder / "data", "--log", self.log, "--workers", "1"]
        command += ["--journal", self.folder / "journal.sqlite", *self._options]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("Web page at "):
                self.url = line.split()[-1].replace("0.0.0.0", "127.0.0.1")
                self.port = int(self.url.rstrip("/").rpartition(":")[2])
                return
        self.process.wait()
        self.process.stdout.close()
        raise AssertionError(self.errors.read_text())

    def stop(self) -> int:
        """As a user would: SIGTERM. Returns the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """As a crash would: SIGKILL."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def restart(self) -> None:
        """Kill it if it runs, and start it where it was."""
        self.kill()
        self.start()

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def client(self, **options: Any) -> httpx2.Client:
        """Another client; ``options`` are those of `httpx2.Client`."""
        return httpx2.Client(base_url=self.url, timeout=SECONDS, **options)

    def upload(self, data: bytes, name: str = "stem.wav", **options: Any) -> Any:
        """Send a sound; returns what is answered, as JSON."""
        http = options.pop("http", self.http)
        reply = http.post("/v1/uploads", content=data, params={"name": name}, **options)
        assert reply.status_code == 201, reply.text
        return reply.json()

    def submit(self, body: Any, wait: int = 0, **options: Any) -> httpx2.Response:
        """Ask for a job."""
        http = options.pop("http", self.http)
        headers = {**options.pop("headers", {}), **({"Prefer": f"wait={wait}"} if wait else {})}
        return http.post("/v1/jobs", json=body, headers=headers, **options)

    def raw(self, method: str, path: str, headers: Sequence[tuple[str, str]]) -> tuple[int, Any]:
        """Send only the header of a request; returns the status and the body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


@contextmanager
def web(
    folder: Path, *options: str, command: Sequence[str] = tuple(RESTYLE)
) -> Iterator[WebServer]:
    """A server whose things are in ``folder``, at a free port, for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    server = WebServer(folder, options, command)
    try:
        yield server
    finally:
        server.http.close()
        children = (
            psutil.Process(server.process.pid).children(recursive=True)
            if (server.process.poll() is None)
            else []
        )
        server.kill()
        for child in children:
            if child.is_running():
                child.kill()


def sound(folder: Path, seconds: float = 0.5) -> bytes:
    """A short stem, as a WAV file's bytes."""
    return stem(folder / f"stem-{seconds:g}.wav", seconds).read_bytes()


def problem(reply: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem of that kind; returns it."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == PROBLEM
    body = reply.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["title"]
    assert body["detail"]
    return dict(body)


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events of a stream, each with its name, id and data."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "event" in fields:
            yield {**fields, "data": json.loads(fields["data"])}
            fields = {}


def python(code: str) -> list[str]:
    """A command that runs ``code`` before `restyle`'s own: to have operations of tests in it."""
    return [sys.executable, "-c", f"{code}\nfrom plugin_bridge.cli.main import main; main()"]


def keys_of(folder: Path, *arguments: str) -> str:
    """Run ``restyle keys`` on a server's journal; returns what it printed."""
    command = [*RESTYLE, "keys", *arguments, "--journal", str(folder / "journal.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return done.stdout
