"""Jobs under kills, pauses, full disks, a clock that jumps: each ends once, with the right bits."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from plugin_bridge.osc.client import Client, Failed, NoServer, Refused, Result
from support.disks import fill
from support.servers import Server, leftovers, restyled_here, serve, sound, stem, wait_for

SHORT = (0.3, 8000)  # seconds and Hz of stems that are restyled in a moment
STRENGTHS = (0.25, 1.0)
AT_ONCE = 25  # jobs that a client has submitted and not yet heard the end of
HANG_SECONDS = 10.0  # of the server; a pause is longer than that
FAIR = {"disk_full", "worker_died"}  # why a job may fail here


@dataclass
class Ledger:
    """What became of the jobs: how each ended, and what was done to the server meanwhile."""

    ends: dict[str, str] = field(default_factory=dict)
    blows: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {how}" for how, count in Counter(self.ends.values()).items())
        blows = ", ".join(f"{count} {what}" for what, count in self.blows.items())
        return f"{len(self.ends)} jobs ({ends}) under {sum(self.blows.values())} blows ({blows})"


def endure(
    root: Path,
    count: int,
    blows: Sequence[str],
    *,
    seed: int = 0,
    disk: Path | None = None,
    options: Sequence[str] = (),
    on_job: Callable[[], object] = lambda: None,
) -> Ledger:
    """Have so many jobs done while the server is struck, and check each of them.

    Args:
        root: an empty folder for stems and results.
        count: how many jobs.
        blows: what happens, in this order, spread over the work: names in `BLOWS`.
        seed: draws when.
        disk: a small disk of its own for results, and one for the journal, `small_disk`; needed by
            the blows that fill one.
        options: more of ``restyle serve``.
        on_job: called as each ends.
    """
    stems = [stem(root / f"stem{n}.wav", *SHORT, seed=n) for n in range(4)]
    outs = disk or root
    wanted = [
        (f"job-{n}", stems[n % 4], outs / f"out{n}.wav", STRENGTHS[n // 4 % 2])
        for n in range(count)
    ]
    expected = {
        (it, strength): restyled_here(it, root.parent / "own.wav", strength=strength)
        for it in stems
        for strength in STRENGTHS
    }
    ledger, errors = Ledger(), []
    more = [*options, "--workers", "2", "--hang-seconds", str(HANG_SECONDS)]
    if disk is not None:
        more += ["--root", str(disk)]
    journal = None if disk is None else disk.parent / "journal-disk" / "journal.sqlite"
    with jumping_clock(root.parent) as env, serve(root, *more, journal=journal, env=env) as server:
        clients = [
            threading.Thread(
                target=_send_and_check,
                args=(server.port, wanted[n::2], expected, ledger, errors, on_job),
                daemon=True,
            )
            for n in range(2)
        ]
        for thread in clients:
            thread.start()
        _strike(server, blows, ledger, count, random.Random(seed), disk, errors)
        for thread in clients:
            thread.join(600)
        assert not errors, errors[0]
        assert not any(thread.is_alive() for thread in clients)
        ended = [it["job"] for it in server.entries() if it["event"] in ("done", "failed")]
        assert len(ended) == len(set(ended))
        assert server.stop() == 0
    assert ledger.ends.keys() == {job for job, *_ in wanted}
    assert set(ledger.ends.values()) <= {"done", *FAIR}
    assert not leftovers(root)
    return ledger


def _send_and_check(
    port: int,
    wanted: Sequence[tuple[str, Path, Path, float]],
    expected: dict[tuple[Path, float], np.ndarray],
    ledger: Ledger,
    errors: list[BaseException],
    on_job: Callable[[], object],
) -> None:
    """A client that wants all of these, some at a time: (job, stem, out, strength) each."""
    try:
        with Client(port=port, timeout_seconds=120.0) as client:
            for first in range(0, len(wanted), AT_ONCE):
                some = wanted[first : first + AT_ONCE]
                for job, source, out, strength in some:
                    _submit(client, job, source, out, strength)
                for job, source, out, strength in some:
                    ledger.ends[job] = _end(client, job, out, expected[source, strength])
                    on_job()
    except BaseException as error:
        errors.append(error)


def _submit(client: Client, job: str, source: Path, out: Path, strength: float) -> None:
    """Submit until it is accepted: a full disk refuses for a while."""
    end = time.monotonic() + 300
    while True:
        try:
            client.submit(source, out, "violin", job=job, strength=strength)
        except Refused as refusal:
            if refusal.code not in ("disk_full", "journal_busy") or time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def _end(client: Client, job: str, out: Path, expected: np.ndarray) -> str:
    """How a job ended; a result is compared and then deleted, as a small disk has little room."""
    while True:
        try:
            result = client.wait(job)
        except Failed as failure:
            return failure.code
        except NoServer:  # a long pause of the server
            continue
        break
    assert isinstance(result, Result)
    assert np.array_equal(sound(out), expected), job
    report = out.with_name(f"{out.name}.json")
    if report.exists():  # there may have been room for the result, and none for the report
        facts = json.loads(report.read_text())
        assert (facts["job"], facts["state"], facts["out"]) == (job, "done", str(out))
    out.unlink()
    report.unlink(missing_ok=True)
    return "done"


def _strike(
    server: Server,
    blows: Sequence[str],
    ledger: Ledger,
    count: int,
    draw: random.Random,
    disk: Path | None,
    errors: Sequence[BaseException],
) -> None:
    """Do all the blows, each at a moment of its part of the work."""
    for number, blow in enumerate(blows):
        done = count * (number + draw.random()) / len(blows)
        wait_for(lambda done=done: errors or len(ledger.ends) >= done, 1200)
        if errors:
            return
        time.sleep(draw.random() / 2)
        BLOWS[blow](server, disk)
        ledger.blows[blow] += 1


def _kill_server(server: Server, disk: Path | None) -> None:
    server.kill()
    server.start()


def _kill_worker(server: Server, disk: Path | None) -> None:
    workers = server.workers()
    if workers:
        with suppress(psutil.NoSuchProcess):
            workers[0].kill()


def _pause(server: Server, disk: Path | None) -> None:
    """Stop everything for longer than what counts as hanging, as a laptop's lid does."""
    processes = [psutil.Process(server.process.pid), *server.workers()]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if number == signal.SIGSTOP:
            time.sleep(HANG_SECONDS + 2)


def _fill_results(server: Server, disk: Path | None) -> None:
    assert disk is not None
    _fill_for_a_while(disk)


def _fill_journal(server: Server, disk: Path | None) -> None:
    assert disk is not None
    _fill_for_a_while(disk.parent / "journal-disk")


def _fill_for_a_while(disk: Path) -> None:
    fill(disk / "filler")
    time.sleep(1.5)
    (disk / "filler").unlink()


BLOWS: dict[str, Callable[[Server, Path | None], None]] = {
    "server killed": _kill_server,
    "worker killed": _kill_worker,
    "pause": _pause,
    "disk full": _fill_results,
    "journal's disk full": _fill_journal,
}


# A clock


@contextmanager
def jumping_clock(folder: Path) -> Iterator[dict[str, str]]:
    """An environment in which a Python process has a wall clock that jumps by up to a day.

    A module that Python loads at its start does that; the machine's own clock stays.
    """
    site = folder / "jumping-clock"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(
        "import random, time\n"
        "right = time.time\n"
        "time.time = lambda: right() + random.choice([0, 0, -86400, 3600, 86400])\n"
    )
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    yield {"PYTHONPATH": path}
