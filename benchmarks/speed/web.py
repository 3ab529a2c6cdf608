"""The HTTP API beside its bars: memory of uploads, event streams, answers under load, a job's cost.

    python -m benchmarks.speed.web                     # all, about 4 minutes
    python -m benchmarks.speed.web uploads streams

uploads  what 200 MB cost the server's process in memory, alone and 8 at once
streams  200 event streams at 10 Hz: what is lost, and how late the rest comes
gets     answers to 200 connections while all workers work
job      from submit to done beside the effect called alone, in turns; uploads are left out
refused  what a refusal of 200 MB takes, and how much of the body has been sent by then

Client and server share the machine's cores. Every server is a real ``restyle serve --web``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import script
from benchmarks.speed import clock
from benchmarks.speed.bridge import EFFECT, write_stem

SERVE = f"""
from plugin_bridge.jobs import operations
operations.OPERATIONS["clock"] = "{clock.PLACE}"
from plugin_bridge.cli.main import main
main()
"""
BIG_BYTES = 200 * 10**6  # 19 minutes of stereo: what a long live recording has
BLOCK = 1 << 18
STREAMS = 200
CONNECTIONS = 200
SAMPLE_SECONDS = 0.02  # between looks at the server's memory


@dataclass
class Server:
    """A ``restyle serve --web`` that runs.

    Attributes:
        port: of its HTTP.
        process: its own process, without workers.
    """

    port: int
    process: psutil.Process
    headers: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """A server with its data in ``folder``, for as long as the block lasts."""
    command = [sys.executable, "-c", SERVE, "serve", "--web", "--web-port", "0", "--quiet"]
    command += ["--journal", str(folder / "journal.sqlite"), "--data", str(folder / "data")]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        for line in process.stdout:
            if "http://" in line:
                port = int(line.rstrip().rstrip("/").rpartition(":")[2])
                yield Server(port, psutil.Process(process.pid))
                return
        raise SystemExit("The server did not start.")
    finally:
        process.terminate()
        process.communicate()


class Connection:
    """One HTTP/1.1 connection; requests come one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Connection:
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self._port, limit=1 << 20
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def begin(self, method: str, path: str, **headers: str | int) -> None:
        """Send a request without its body."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """An answer's status and headers."""
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, _, value in pairs}

    async def answer(self) -> tuple[int, Any]:
        """An answer's status, and its body as JSON."""
        status, headers = await self.head()
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return status, json.loads(body) if body else None

    async def ask(
        self, method: str, path: str, content: object = None, **headers: str | int
    ) -> tuple[int, Any]:
        """Send a request with JSON, if any, and return the answer."""
        if content is None:
            await self.begin(method, path, **headers)
        else:
            body = json.dumps(content).encode()
            await self.begin(
                method, path, Content_Type="application/json", Content_Length=len(body), **headers
            )
            self.writer.write(body)
        return await self.answer()


async def upload(port: int, content: Sequence[bytes] | Path) -> str:
    """Send a sound; its id."""
    blocks = [content.read_bytes()] if isinstance(content, Path) else content
    async with Connection(port) as connection:
        size = sum(map(len, blocks))
        await connection.begin(
            "POST", "/v1/uploads?name=stem.wav", Content_Type="audio/wav", Content_Length=size
        )
        for block in blocks:
            connection.writer.write(block)
            await connection.writer.drain()
        status, answer = await connection.answer()
    if status != 201:
        raise SystemExit(f"{status}: {answer}")
    return str(answer["id"])


def big_wav() -> list[bytes]:
    """A WAV of `BIG_BYTES` of silence in stereo, in blocks."""
    size = BIG_BYTES // BLOCK * BLOCK
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44_100, 176_400, 4, 16)
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + 8 + size, b"WAVE") + form
    return [head + struct.pack("<4sI", b"data", size), *[bytes(BLOCK)] * (size // BLOCK)]


@contextlib.contextmanager
def peak_of(process: psutil.Process) -> Iterator[list[float]]:
    """How much memory the process takes in the block, at most, beyond what it began with; in MB."""
    before, found, over = process.memory_info().rss, [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            found[0] = max(found[0], (process.memory_info().rss - before) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


async def uploads(server: Server) -> None:
    """200 MB, alone and 8 at once."""
    content = big_wav()
    await upload(server.port, content)  # warm
    for count in (1, 8):
        began = time.perf_counter()
        with peak_of(server.process) as most:
            await asyncio.gather(*(upload(server.port, content) for _ in range(count)))
        seconds = time.perf_counter() - began
        print(f"{count} x {BIG_BYTES / 1e6:.0f} MB: {seconds:.1f} s, +{most[0]:.1f} MB", flush=True)


async def events(port: int, path: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of a stream, until it ends."""
    async with Connection(port) as connection:
        await connection.begin("GET", path, Accept="text/event-stream")
        await connection.head()
        name = ""
        while line := (await connection.reader.readline()).decode().rstrip("\r\n") + "\n":
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                yield name, json.loads(line[5:])
                if name in ("done", "failed", "cancelled"):
                    return
            if connection.reader.at_eof():
                return


async def streams(server: Server, stem: Path) -> None:
    """200 streams of two jobs that tell the time."""
    seconds = 15
    sent = await upload(server.port, stem)
    links = []
    async with Connection(server.port) as connection:
        for _ in range(2):
            job = {"operation": "clock", "stem": sent, "seconds": seconds}
            _, made = await connection.ask("POST", "/v1/jobs", job)
            links.append(f"/v1/jobs/{made['id']}/events")
    heard: list[tuple[str, set[float]]] = []
    late: list[float] = []

    async def listen(path: str) -> None:
        mine: set[float] = set()
        async for name, job in events(server.port, path):
            if name == "progress":
                with contextlib.suppress(ValueError):  # "starting" and the like
                    said = float(job["stage"])
                    late.append(1000 * (time.time() - said))
                    mine.add(said)
        heard.append((path, mine))

    with peak_of(server.process) as most:
        before = sum(server.process.cpu_times()[:2])
        await asyncio.gather(*(listen(links[n % 2]) for n in range(STREAMS)))
        busy = (sum(server.process.cpu_times()[:2]) - before) / seconds
    told = {path: set().union(*(mine for it, mine in heard if it == path)) for path in links}
    # What was told before a stream was there is not lost.
    lost = [sum(it >= min(mine) for it in told[path] - mine) for path, mine in heard]
    print(
        f"{STREAMS} streams at {clock.REPORTS_PER_SECOND} Hz for {seconds} s: "
        f"{min(map(len, told.values()))} reports of each job, {sum(lost)} lost, {spread(late)}, "
        f"+{most[0]:.1f} MB, {100 * busy:.0f} % of a core",
        flush=True,
    )


async def gets(server: Server, stem: Path) -> None:
    """200 connections that ask how a job is, one request after the other, while workers work."""
    seconds = 10.0
    sent = await upload(server.port, stem)
    async with Connection(server.port) as connection:
        made = []
        for number in range(80):  # a stem each second or so: more than can be done meanwhile
            job = {"stem": sent, "style": {"preset": str(number)}}
            made.append((await connection.ask("POST", "/v1/jobs", job))[1]["id"])

    async def ask(number: int, pause: float, late: list[float], end: float) -> None:
        async with Connection(server.port) as connection:
            await asyncio.sleep(pause * number / CONNECTIONS)  # not all in one moment
            while time.perf_counter() < end:
                began = time.perf_counter()
                status, _ = await connection.ask("GET", f"/v1/jobs/{made[number % len(made)]}")
                assert status == 200
                late.append(1000 * (time.perf_counter() - began))
                await asyncio.sleep(max(began + pause - time.perf_counter(), 0.0))

    for pause, how in ((1.0, "one request a second each"), (0.0, "one after the other each")):
        late: list[float] = []
        end = time.perf_counter() + seconds
        await asyncio.gather(*(ask(n, pause, late, end) for n in range(CONNECTIONS)))
        rate = len(late) / seconds
        print(f"{CONNECTIONS} connections, {how}: {rate:.0f}/s, {spread(late)}", flush=True)
    async with Connection(server.port) as connection:
        working = [(await connection.ask("GET", f"/v1/jobs/{id}"))[1]["state"] for id in made]
    print(f"  {working.count('running')} running and {working.count('queued')} waiting at the end")
    async with Connection(server.port) as connection:
        for id in made:
            await connection.ask("DELETE", f"/v1/jobs/{id}")


async def one_job(server: Server, stem: Path, preset: str, runs: int) -> None:
    """A job of 10 s beside the effect, in turns."""
    effect = subprocess.Popen(
        [sys.executable, "-c", EFFECT, str(stem), preset],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert effect.stdin
    assert effect.stdout
    sent = await upload(server.port, stem)
    jobs, alone = [], []
    try:
        async with Connection(server.port) as connection:
            for run in range(-2, runs):  # those before warm up
                job = {"stem": sent, "style": {"preset": preset}}
                began = time.perf_counter()
                _, made = await connection.ask("POST", "/v1/jobs", job, Prefer="wait=60")
                seconds = time.perf_counter() - began
                assert made["state"] == "done", made
                effect.stdin.write("\n")
                effect.stdin.flush()
                if run < 0:
                    effect.stdout.readline()
                    continue
                alone.append(float(effect.stdout.readline()))
                jobs.append(seconds)
    finally:
        effect.kill()
        effect.communicate()
    around = [1000 * (job - it) for job, it in zip(jobs, alone, strict=True)]
    print(
        f"a job of 10 s: {1000 * statistics.median(jobs):.0f} ms, the effect alone "
        f"{1000 * statistics.median(alone):.0f} ms; around it {statistics.median(around):.0f} ms",
        flush=True,
    )


async def refused(server: Server) -> None:
    """An upload from another site: the answer comes before its body is sent."""
    times = []
    for _ in range(50):
        async with Connection(server.port) as connection:
            began = time.perf_counter()
            await connection.begin(
                "POST",
                "/v1/uploads",
                Origin="https://elsewhere.example",
                Content_Length=BIG_BYTES,
            )
            status, _ = await connection.answer()
            times.append(1000 * (time.perf_counter() - began))
            assert status == 403, status
    print(f"a refused upload of 200 MB: {spread(times)}, no byte of its body sent", flush=True)


def spread(milliseconds: Sequence[float]) -> str:
    """The median, the 95th percentile and the most."""
    ordered = sorted(milliseconds)
    p95 = ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]
    return (
        f"median {statistics.median(ordered):.0f} ms, p95 {p95:.0f} ms, most {ordered[-1]:.0f} ms"
    )


def main() -> None:
    """Measure what is asked for."""
    parser = script.parser(__doc__)
    known = ("uploads", "streams", "gets", "job", "refused")
    parser.add_argument("what", nargs="*", choices=[[], *known], default=[], metavar="WHAT")
    parser.add_argument("--runs", type=script.count, default=30, help="of the job (%(default)s)")
    options = parser.parse_args()
    wanted = options.what or known
    script.announce(__doc__, "fastapi", "uvicorn", "onnxruntime")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["RESTYLE_CACHE_DIR"] = f"{name}/cache"
        stem = folder / "stem.wav"
        write_stem(stem, 10.0)
        with serving(folder, "--max-owner-mb", "10000", "--max-upload-mb", "250") as server:
            steps = {
                "uploads": lambda: uploads(server),
                "streams": lambda: streams(server, stem),
                "refused": lambda: refused(server),
                "job": lambda: one_job(server, stem, "violin", options.runs),
                "gets": lambda: gets(server, stem),
            }
            for step, measure in steps.items():
                if step in wanted:
                    asyncio.run(measure())


if __name__ == "__main__":
    main()
