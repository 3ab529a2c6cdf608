"""Mixed load for as long as one likes: whether the server's memory and descriptors grow."""

from __future__ import annotations

import itertools
import random
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from plugin_bridge.osc.client import Client, Failed, JobCancelled, Refused
from support.attack.datagrams import Fuzz
from support.attack.jobs import SHORT
from support.mutants import mutant
from support.servers import Server, serve, stem

SAMPLE_SECONDS = 5.0


@dataclass(frozen=True)
class Sample:
    """What the server and its workers held: bytes and descriptors, and after how many seconds."""

    seconds: float
    server_bytes: int
    workers_bytes: int
    descriptors: int


@dataclass(frozen=True)
class Course:
    """How memory and descriptors went; the first fifth, in which all is loaded, does not count."""

    samples: list[Sample]
    jobs: int
    refused: int

    def grown(self, what: Callable[[Sample], int]) -> float:
        """How much more the last third had than the first third after the start, at the median."""
        counted = self.samples[len(self.samples) // 5 :]
        third = max(len(counted) // 3, 1)
        early, late = counted[:third], counted[-third:]
        return statistics.median(map(what, late)) - statistics.median(map(what, early))

    def __str__(self) -> str:
        mb = {
            "server": self.grown(lambda it: it.server_bytes) / 1e6,
            "workers": self.grown(lambda it: it.workers_bytes) / 1e6,
        }
        more = ", ".join(f"{name} {grown:+.1f} MB" for name, grown in mb.items())
        return (
            f"{self.samples[-1].seconds / 60:.0f} min, {self.jobs} jobs, {self.refused} refused or "
            f"failed: {more}, descriptors {self.grown(lambda it: it.descriptors):+.0f}"
        )


def bear(
    root: Path, seconds: float, on_sample: Callable[[Sample], object] = lambda it: None
) -> Course:
    """Send jobs that are done, fail, are refused or cancelled, damaged stems and hostile datagrams.

    Args:
        root: an empty folder.
        seconds: for how long.
        on_sample: called with each sample.
    """
    stem(root / "in.wav", *SHORT)
    draw, samples, began = random.Random(0), [], time.monotonic()
    counts = {"jobs": 0, "refused": 0}
    with serve(root, "--workers", "2") as server, Client(port=server.port) as client:
        for number in itertools.count():
            now = time.monotonic() - began
            if not samples or now - samples[-1].seconds >= SAMPLE_SECONDS:
                samples.append(_sample(server, now))
                on_sample(samples[-1])
            if now > seconds:
                break
            counts[_job(client, root, number, draw)] += 1
            _nuisance(server, number, draw)
        assert server.stop() == 0
        assert not server.errors.read_text()
    return Course(samples, **counts)


def _job(client: Client, root: Path, number: int, draw: random.Random) -> str:
    """Have a job done, or refused; one in three has a damaged stem. Returns which it was."""
    name, out = "in.wav", root / f"out{number}.wav"
    if number % 3 == 2:
        damaged, content = mutant(draw.randrange(1 << 30))
        name = f"{number}-{damaged}"
        (root / name).write_bytes(content)
    try:
        job = client.submit(root / name, out, "violin")
        if number % 10 == 9:
            client.cancel(job)
        client.wait(job)
    except (Refused, Failed, JobCancelled):
        return "refused"
    finally:
        for path in (out, out.with_name(f"{out.name}.json"), *root.glob(f"{number}-*")):
            path.unlink(missing_ok=True)
    return "jobs"


def _nuisance(server: Server, number: int, draw: random.Random) -> None:
    """Some hostile datagrams, from a port of their own."""
    fuzz = Fuzz(draw.randrange(1 << 30))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for _ in range(20):
            udp.sendto(fuzz.datagram(), ("127.0.0.1", server.port))


def _sample(server: Server, seconds: float) -> Sample:
    own = psutil.Process(server.process.pid)
    workers = server.workers()
    return Sample(
        seconds,
        own.memory_info().rss,
        sum(it.memory_info().rss for it in workers),
        own.num_fds() + sum(it.num_fds() for it in workers),
    )
