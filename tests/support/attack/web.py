"""Jobs over HTTP under kills: each accepted one ends once, with the right bits, and costs once."""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2
import numpy as np
import psutil
import soundfile

from support.servers import restyled_here, stem, wait_for

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
        on_job: called as each ends.
    """
    stems = [stem(folder / f"stem{n}.wav", *SHORT, seed=n) for n in range(3)]
    expected = {
        (it, strength): restyled_here(it, folder / "own.wav", strength=strength)
        for it in stems
        for strength in STRENGTHS
    }
    ledger, errors = Ledger(), list[BaseException]()
    visitor = Visitor(servers, headers or {})
    uploads = {it: visitor.upload(it) for it in stems}
    wanted = [(f"job-{n}", stems[n % 3], STRENGTHS[n // 3 % 2]) for n in range(count)]

    def visit(some: Sequence[tuple[str, Path, float]]) -> None:
        try:
            mine = Visitor(servers, headers or {})
            for first in range(0, len(some), AT_ONCE):
                part = some[first : first + AT_ONCE]
                ids = {n: mine.submit(n, uploads[it], strength) for n, it, strength in part}
                for name, it, strength in part:
                    end = mine.end(ids[name], expected[it, strength])
                    ledger.ends[name] = ids[name], end
                    on_job()
        except BaseException as error:
            errors.append(error)

    clients = [threading.Thread(target=visit, args=(wanted[n::2],), daemon=True) for n in range(2)]
    for thread in clients:
        thread.start()
    _strike(servers, blows, ledger, count, random.Random(seed), errors)
    for thread in clients:
        thread.join(600)
    assert not errors, errors[0]
    assert not any(thread.is_alive() for thread in clients)
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

    Args:
        servers: whom to ask.
        headers: sent with each request.
    """

    def __init__(self, servers: Sequence[Struck], headers: Mapping[str, str]) -> None:
        self._servers = servers
        self._draw = random.Random(0)
        self._http = httpx2.Client(headers=headers, timeout=30.0)

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
    servers: Sequence[Struck],
    blows: int,
    ledger: Ledger,
    count: int,
    draw: random.Random,
    errors: Sequence[BaseException],
) -> None:
    """Kill servers and workers, each time at a moment of its part of the work."""
    for number in range(blows):
        done = count * (number + draw.random()) / blows
        wait_for(lambda done=done: errors or len(ledger.ends) >= done, 1200)  # type: ignore[misc]
        if errors:
            return
        time.sleep(draw.random() / 2)
        server = draw.choice(servers)
        if draw.random() < 0.5:
            server.kill()
            server.start()
            ledger.blows["kills of a server"] += 1
        else:
            _kill_worker(server)
            ledger.blows["kills of a worker"] += 1


def _kill_worker(server: Struck) -> None:
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(server.process.pid).children(recursive=True)
        if workers := [it for it in children if "spawn_main" in " ".join(it.cmdline())]:
            workers[-1].kill()
