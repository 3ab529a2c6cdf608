"""Jobs over HTTP under kills: each accepted one ends once, with the right bits, and costs once."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2
import numpy as np
import psutil
import soundfile

from support.buckets import buckets_or_skip
from support.postgres import postgres_or_skip
from support.servers import restyled_here, stem, wait_for
from support.web import web

SHORT = (0.3, 8000)  # seconds and Hz of stems that are restyled in a moment
STRENGTHS = (0.25, 1.0)
AT_ONCE = 10  # jobs that a client has submitted and not yet heard the end of
PATIENCE_SECONDS = 300.0
FAIR = {"worker_died"}  # why a job may fail here


class Struck(Protocol):
    """A server that is struck: `support.web.WebServer`, or one like it."""

    url: str
    process: Any

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass
class Ledger:
    """What became of the jobs: how each ended, what it cost, and what was done meanwhile.

    Attributes:
        ends: by the client's name of the job, its id and how it ended.
        billed: the ids in the usage, one for each row.
        blows: what was done, and how often.
    """

    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    billed: list[str] = field(default_factory=list)
    blows: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        counted = Counter(how for _, how in self.ends.values()).items()
        ends = ", ".join(f"{count} {how}" for how, count in counted)
        blows = ", ".join(f"{count} {what}" for what, count in self.blows.items())
        return f"{len(self.ends)} jobs ({ends}; {len(self.billed)} billed) under {blows}"


def endure(
    folder: Path,
    servers: Sequence[Struck],
    count: int,
    blows: int,
    *,
    seed: int = 0,
    headers: Mapping[str, str] | None = None,
    workers: Callable[[Struck], list[psutil.Process]] | None = None,
    on_job: Callable[[], object] = lambda: None,
) -> Ledger:
    """Have so many jobs done while servers and workers are killed, and check each of them.

    Args:
        folder: for stems.
        servers: they share what they know, if there are several.
        count: how many jobs.
        blows: how many kills, at random moments.
        seed: draws when, and what.
        headers: sent with each request.
        workers: the processes that work for a server; its own, if None.
        on_job: called as each ends.
    """
    workers = workers or _own_workers
    stems = [stem(folder / f"stem{n}.wav", *SHORT, seed=n) for n in range(3)]
    expected = {
        (it, strength): restyled_here(it, folder / "own.wav", strength=strength)
        for it in stems
        for strength in STRENGTHS
    }
    ledger, errors = Ledger(), list[BaseException]()
    with Visitor(servers, headers or {}) as visitor:
        uploads = {it: visitor.upload(it) for it in stems}
    wanted = [(f"job-{n}", stems[n % 3], STRENGTHS[n // 3 % 2]) for n in range(count)]

    def visit(some: Sequence[tuple[str, Path, float]]) -> None:
        try:
            with Visitor(servers, headers or {}) as mine:
                for first in range(0, len(some), AT_ONCE):
                    part = some[first : first + AT_ONCE]
                    ids = {n: mine.submit(n, uploads[it], strength) for n, it, strength in part}
                    for name, it, strength in part:
                        ledger.ends[name] = ids[name], mine.end(ids[name], expected[it, strength])
                        on_job()
        except BaseException as error:
            errors.append(error)

    clients = [threading.Thread(target=visit, args=(wanted[n::2],), daemon=True) for n in range(2)]
    for thread in clients:
        thread.start()
    draw = random.Random(seed)
    for number in range(blows):
        done = count * (number + draw.random()) / blows
        wait_for(lambda done=done: errors or len(ledger.ends) >= done, 1200)  # type: ignore[misc]
        time.sleep(draw.random() / 2)
        ledger.blows[_strike(draw.choice(servers), workers, draw)] += 1
    for thread in clients:
        thread.join(600)
    assert not errors, errors[0]
    assert not any(thread.is_alive() for thread in clients)
    with Visitor(servers, headers or {}) as visitor:
        ledger.billed = visitor.billed()
    _check(ledger, wanted)
    return ledger


def _check(ledger: Ledger, wanted: Sequence[tuple[str, Path, float]]) -> None:
    assert ledger.ends.keys() == {name for name, *_ in wanted}
    assert {how for _, how in ledger.ends.values()} <= {"done", *FAIR}
    assert len({id for id, _ in ledger.ends.values()}) == len(wanted)
    done = sorted(id for id, how in ledger.ends.values() if how == "done")
    assert sorted(ledger.billed) == done


class Visitor:
    """A client that does not give up: it asks again, perhaps another server, until it is answered.

    It is to be closed at the end of a ``with`` block.

    Args:
        servers: whom to ask.
        headers: sent with each request.
    """

    def __init__(self, servers: Sequence[Struck], headers: Mapping[str, str]) -> None:
        self._servers = servers
        self._draw = random.Random(0)
        self._http = httpx2.Client(headers=headers, timeout=30.0)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The answer to a request that may be repeated."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            url = self._draw.choice(self._servers).url.rstrip("/")
            with suppress(httpx2.TransportError):
                reply = self._http.request(method, f"{url}{path}", **options)
                if reply.status_code < 500 or reply.status_code == 501:
                    return reply
                # 503: the database or the disk is away for a moment; nothing else is fair.
                assert reply.status_code == 503, reply.text
            assert time.monotonic() < end, f"no answer to {method} {path}"
            time.sleep(0.1)

    def upload(self, path: Path) -> str:
        """Send a sound; its id."""
        reply = self.ask("POST", f"/v1/uploads?name={path.name}", content=path.read_bytes())
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def submit(self, name: str, upload: str, strength: float) -> str:
        """Ask for a job; its id, the same however often it is asked for."""
        body = {"stem": upload, "style": {"preset": "violin"}, "strength": strength}
        reply = self.ask("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": name})
        assert reply.status_code in (200, 202), reply.text
        return str(reply.json()["id"])

    def end(self, id: str, expected: np.ndarray) -> str:
        """How a job ended; the result is compared."""
        while True:
            reply = self.ask("GET", f"/v1/jobs/{id}", headers={"Prefer": "wait=10"})
            assert reply.status_code in (200, 202), reply.text
            job = reply.json()
            if job["state"] == "failed":
                return str(job["code"])
            if job["state"] == "done":
                break
            time.sleep(0.05)
        sound = self.ask("GET", f"/v1/jobs/{id}/output/audio").content
        assert np.array_equal(soundfile.read(io.BytesIO(sound), dtype="float32")[0], expected[:, 0])
        return "done"

    def billed(self) -> list[str]:
        """The ids of the jobs in the usage."""
        return [row["id"] for row in self.ask("GET", "/v1/usage").json()["rows"]]


def _strike(
    server: Struck, workers: Callable[[Struck], list[psutil.Process]], draw: random.Random
) -> str:
    """Kill a server, which is started again, or one of its workers; says which."""
    if draw.random() < 0.5:
        server.kill()
        server.start()
        return "kills of a server"
    if found := workers(server):
        with suppress(psutil.NoSuchProcess):
            draw.choice(found).kill()
    return "kills of a worker"


def _own_workers(server: Struck) -> list[psutil.Process]:
    """The processes that a server has started: those that work, and those that look at files."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(server.process.pid).children(recursive=True)
        return [it for it in children if "spawn_main" in " ".join(it.cmdline())]
    return []


def several(
    folder: Path,
    count: int,
    blows: int,
    *,
    seed: int = 0,
    on_job: Callable[[], object] = lambda: None,
) -> Ledger:
    """As `endure`, with two servers on one PostgreSQL and one bucket, and workers on Dask."""
    import distributed

    with ExitStack() as open_things:
        database = open_things.enter_context(postgres_or_skip()).new_database()
        buckets = open_things.enter_context(buckets_or_skip())
        open_things.enter_context(environment(buckets.env))
        cluster = open_things.enter_context(
            distributed.LocalCluster(
                processes=True,
                n_workers=2,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=50,
            )
        )
        shared = ["--records", database, "--files", f"s3://{buckets.new_bucket()}/restyle"]
        shared += ["--scheduler", cluster.scheduler_address]
        servers = [open_things.enter_context(web(folder / f"server{n}", *shared)) for n in range(2)]

        def workers(server: Struck) -> list[psutil.Process]:
            pids = [it.pid for it in cluster.workers.values()]
            return [psutil.Process(pid) for pid in pids if pid and psutil.pid_exists(pid)]

        return endure(folder, servers, count, blows, seed=seed, workers=workers, on_job=on_job)


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """The environment with ``values``, for as long as the block lasts."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
