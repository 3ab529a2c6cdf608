"""What breaks servers: hostile datagrams, lost ones, crashes at any moment, full disks."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from rich.console import Console
from support.attack.datagrams import PATHS, Fuzz, submission
from support.attack.jobs import SHORT
from support.datagrams import bundle
from support.disks import fill, small_disk_or_skip
from support.jobs import LookHere
from support.servers import (
    HOST,
    RESTYLE,
    Lossy,
    Server,
    leftovers,
    restyled_here,
    serve,
    sound,
    stem,
    wait_for,
)

from effects.chains.plugins import PluginFolders
from plugin_bridge.jobs.chain_rules import ChainRules
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import PROCESSES
from plugin_bridge.jobs.refusals import Refusals
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import Service
from plugin_bridge.osc.client import Client, JobCancelled
from plugin_bridge.osc.datagram import encode
from plugin_bridge.terminal.status_page import StatusPage

MB = 1 << 20


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


# Hostile datagrams


def hostile_files(root: Path) -> None:
    """What `PATHS` lead to."""
    stem(root / "in.wav", *SHORT)
    (root / "folder").mkdir()
    (root / "in.txt").write_text("a")
    (root / "broken.wav").write_bytes(b"RIFF" + bytes(40))
    (root / "empty.wav").touch()
    (root / "zeros.wav").touch()
    os.truncate(root / "zeros.wav", 1 << 30)
    (root / "loop.wav").symlink_to("loop.wav")
    (root / "outside.wav").symlink_to(stem(root.parent / "outside.wav", *SHORT))
    (root / "nest.wav.json").write_text("[" * 60_000)
    os.mkfifo(root / "pipe.wav")


def round_trip(server: Server) -> float:
    """Seconds to an answer of the server's; it is asked once."""
    began = time.perf_counter()  # news may come first, to a port that was notified before
    server.ask("/restyle/version", again=None, until="/restyle/version.reply")
    return time.perf_counter() - began


def bombard(server: Server, sockets: list[socket.socket], count: int, seed: int) -> float:
    """Send so many datagrams, none faster than the server takes them; returns the longest
    time to an answer meanwhile.
    """
    fuzz, longest = Fuzz(seed), 0.0
    for number in range(count):
        sockets[number % len(sockets)].sendto(fuzz.datagram(), (HOST, server.port))
        if number % 20 == 19:
            longest = max(longest, round_trip(server))
    return longest


@contextmanager
def hostile_clients():
    """Some sockets that stay open, so that no good client gets one of their ports: to the server
    it would be the same client, whose messages wait behind those that it has sent before.
    """
    with ExitStack() as open_sockets:
        yield [
            open_sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            for _ in range(8)
        ]


def check_fuzz(root: Path, count: int) -> None:
    hostile_files(root)
    options = ("--workers", "1", "--max-queue", "20")
    with serve(root, *options) as server, hostile_clients() as clients:
        server.ask("/restyle/submit", "first", "in.wav", "first.wav", "violin", timeout=60)
        server.wait("first")
        bombard(server, clients, 200, seed=0)
        process = psutil.Process(server.process.pid)
        before, longest = process.memory_info().rss, 0.0
        for thousand in range(count // 1000):
            longest = max(longest, bombard(server, clients, 1000, seed=1 + thousand))
            assert longest < 1.0, f"after {thousand} thousand"
        grown = (process.memory_info().rss - before) / MB
        logged = sum(path.stat().st_size for path in server.log.parent.glob("log.jsonl*"))
        print(f"{count} datagrams: at most {1000 * longest:.0f} ms, {grown:.1f} MB more, ", end="")
        print(f"log {logged / MB:.2f} MB")
        assert grown < 20
        assert logged < MB
        assert not server.errors.read_text()
        assert "fault" not in {entry["event"] for entry in server.entries()}
        assert server.stop() == 0
        assert not leftovers(root)


def test_hostile_datagrams_do_no_harm(root):
    check_fuzz(root, 1000)


@pytest.mark.parametrize(
    "what", ["presets", *(pytest.param(it, marks=pytest.mark.slow) for it in ("paths", "lists"))]
)
def test_a_greedy_client_delays_nobody_else(root, what):
    hostile_files(root)
    names = [f"{a}ol{b} pano {a} guitr flte {b} acustic elctric" for a in "vcb" for b in range(21)]
    parts = {
        "presets": [submission(f"p{n}", "in.wav", "out.wav", name) for n, name in enumerate(names)],
        "paths": [submission(f"p{n}", path, "out.wav") for n, path in enumerate(PATHS)],
        "lists": [encode("/restyle/preset/list"), encode("/restyle/param/list")] * 30,
    }[what]
    greedy = bundle(*[part for part in parts if len(part) < 1000][:63])
    with serve(root, "--workers", "1") as server:
        round_trip(server)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            times = []
            for _ in range(20):
                udp.sendto(greedy, (HOST, server.port))
                times.append(round_trip(server))
        assert max(times) < 0.5
        assert server.stop() == 0


def test_the_status_page_obeys_no_file_name():
    job = SimpleNamespace(
        output="/root/a\x1b[2J\udcff\n.wav", settings={"preset": "violin"}, operation="restyle",
        progress=0.5, stage="", state="running", ended=False, name="",
    )  # fmt: skip
    service = SimpleNamespace(
        jobs={"a": job}, counts=Counter, defaults=lambda operation: {}, refusals=Refusals(),
        rules=ChainRules(PluginFolders([Path("/\x1b]0;b\x07")], only=True)),
    )  # fmt: skip
    roots = SimpleNamespace(folders=[Path("/\x1b]0;a\x07")])
    page = StatusPage(service, "127.0.0.1:9471", roots)
    console = Console(file=io.StringIO(), width=100)
    console.print(page)
    text = console.file.getvalue()
    assert "[2J" in text
    assert "\x1b" not in text
    assert text.encode()


# Loss and crashes


def submit_and_wait(port, names, outcomes, errors):
    """A client that wants all of these: (job, stem, out, strength) each."""
    try:
        with Client(port=port, timeout_seconds=60.0) as client:
            for job, source, out, strength in names:
                client.submit(source, out, "violin", job=job, strength=strength)
            for job, *_ in names:
                outcomes[job] = client.wait(job)
    except Exception as error:
        errors.append(error)


def check_crashes(root: Path, jobs: int, kills: int) -> None:
    """Two clients over a line that loses and doubles, and a server that is killed."""
    stems = [stem(root / f"stem{n}.wav", *SHORT, seed=n) for n in range(4)]
    strengths = (0.25, 1.0)
    wanted = [
        (f"job-{n}", stems[n % 4], root / f"out{n}.wav", strengths[n // 4 % 2]) for n in range(jobs)
    ]
    expected = {
        (source, strength): restyled_here(source, root.parent / "own.wav", strength=strength)
        for source in stems
        for strength in strengths
    }
    outcomes, errors, draw = {}, [], random.Random(0)
    with serve(root, "--workers", "2") as server, Lossy(server.port) as a, Lossy(server.port) as b:
        threads = [
            threading.Thread(target=submit_and_wait, args=[port, mine, outcomes, errors])
            for port, mine in ((a.port, wanted[::2]), (b.port, wanted[1::2]))
        ]
        for thread in threads:
            thread.start()
        for number in range(kills):  # at any moment in the first, second, third part of the work
            done = jobs * (number + draw.random()) / kills
            wait_for(lambda done=done: errors or len(list(root.glob("*.json"))) >= done, 600)
            time.sleep(draw.random())
            workers = server.workers()
            server.kill()
            wait_for(
                lambda workers=workers: not any(map(psutil.pid_exists, workers_of(workers))), 3
            )
            server.start()
        for thread in threads:
            thread.join(600)
        assert not errors
        assert not any(thread.is_alive() for thread in threads)
        assert outcomes.keys() == {job for job, *_ in wanted}
        ended = [entry["job"] for entry in server.entries() if entry["event"] == "done"]
        assert len(ended) == len(set(ended))
        (status,) = server.ask("/restyle/status")
        assert status.arguments == (0, 0, jobs, 0)
        assert server.stop() == 0
        assert a.count + b.count > 2 * jobs
    for job, source, out, strength in wanted:
        assert np.array_equal(sound(out), expected[source, strength]), job
        report = json.loads(out.with_name(f"{out.name}.json").read_text())
        assert (report["job"], report["state"], report["out"]) == (job, "done", str(out))
    files = {path.name for path in root.iterdir()}
    outs = {out.name for _, _, out, _ in wanted}
    assert files == {path.name for path in stems} | outs | {f"{name}.json" for name in outs}


def workers_of(processes):
    return [it.pid for it in processes]


def test_jobs_survive_loss_and_a_crash(root):
    check_crashes(root, jobs=6, kills=1)


@pytest.mark.slow
def test_two_hundred_jobs_survive_loss_and_crashes(root):
    check_crashes(root, jobs=200, kills=3)


@pytest.fixture
def long(root):
    """A stem that takes some seconds."""
    return stem(root / "long.wav", 10.0)


def submit_long(server, out="out.wav", id="job"):
    """Submit `long`, and wait until it is in the middle of the work."""
    server.ask("/restyle/submit", id, "long.wav", out, "violin", timeout=60)

    def in_the_middle():
        (reply,) = server.ask("/restyle/job", id, timeout=60)
        _, state, progress, _ = reply.arguments
        assert state in ("queued", "running")
        return progress > 0.05

    wait_for(in_the_middle)


def alive(processes):
    """Those that live, if only as zombies of a parent that lives."""
    found = []
    for it in processes:
        with suppress(psutil.NoSuchProcess):
            if it.is_running() and it.status() != psutil.STATUS_ZOMBIE:
                found.append(it)
    return found


def test_no_worker_outlives_a_killed_server(root, long):
    with serve(root, "--workers", "2") as server:
        submit_long(server)
        workers = server.workers()
        assert len(workers) == 2 + PROCESSES
        server.kill()
        wait_for(lambda: not alive(workers), 3)


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_job_done(root, long):
    expected = restyled_here(long, root.parent / "own.wav")
    with serve(root, "--workers", "2") as server:
        submit_long(server)
        server.ask("/restyle/submit", "other", "long.wav", "other.wav", "violin")
        server.worker_at_work().kill()
        assert server.wait("job") == "done"
        assert server.wait("other") == "done"
        assert np.array_equal(sound(root / "out.wav"), expected)
        assert np.array_equal(sound(root / "other.wav"), expected)
        assert len(server.workers()) == 2 + PROCESSES
    assert not leftovers(root)


@pytest.mark.slow
def test_a_job_that_kills_two_workers_fails_and_the_next_is_done(root, long):
    stem(root / "short.wav", *SHORT)
    with serve(root, "--workers", "1") as server:
        submit_long(server)
        server.worker_at_work().kill()
        wait_for(lambda: server.job("job") == "queued" or server.workers())
        submit_long(server)  # the same
        server.worker_at_work().kill()
        assert server.wait("job") == "failed"
        (reply,) = server.ask("/restyle/job", "job")
        assert reply.arguments[3].startswith("worker_died: ")
        assert json.loads((root / "out.wav.json").read_text())["code"] == "worker_died"
        server.ask("/restyle/submit", "next", "short.wav", "next.wav", "violin")
        assert server.wait("next") == "done"
    assert not (root / "out.wav").exists()
    assert not leftovers(root)


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced_and_its_job_done(root, long):
    with serve(root, "--workers", "1", "--hang-seconds", "20") as server:
        submit_long(server)
        stopped = server.worker_at_work()
        stopped.send_signal(signal.SIGSTOP)
        assert server.wait("job", seconds=120) == "done"
        wait_for(lambda: not alive([stopped]))
        assert "hung" in {entry["event"] for entry in server.entries()}
    assert np.array_equal(sound(root / "out.wav"), restyled_here(long, root.parent / "own.wav"))
    assert not leftovers(root)


def test_cancelled_jobs_leave_no_file(root, long):
    with serve(root, "--workers", "1") as server:
        submit_long(server)
        server.ask("/restyle/submit", "queued", "long.wav", "queued.wav", "violin")
        for id in ("queued", "job"):
            server.ask("/restyle/cancel", id, until="/restyle/cancelled", timeout=20)
            assert server.job(id) == "cancelled"
        assert server.ask("/restyle/cancel", "job")[0].address == "/restyle/cancelled"
        assert [path.name for path in root.iterdir()] == ["long.wav"]
        server.ask("/restyle/submit", "again", "long.wav", "out.wav", "violin")
        server.ask("/restyle/cancel", "again", until="/restyle/cancelled", timeout=20)
        with Client(port=server.port) as client, pytest.raises(JobCancelled):
            client.wait("again")
        assert server.stop() == 0
    assert [path.name for path in root.iterdir()] == ["long.wav"]


@pytest.mark.slow
def test_sigterm_puts_jobs_back_and_the_next_start_finishes_them(root, long):
    with serve(root, "--workers", "1") as server:
        submit_long(server)
        server.ask("/restyle/submit", "second", "long.wav", "second.wav", "violin")
        workers, began = server.workers(), time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        assert not alive(workers)
        assert [path.name for path in root.iterdir()] == ["long.wav"]
        server.start()
        assert server.wait("job", seconds=120) == "done"
        assert server.wait("second", seconds=120) == "done"
    expected = restyled_here(long, root.parent / "own.wav")
    assert np.array_equal(sound(root / "out.wav"), expected)
    assert np.array_equal(sound(root / "second.wav"), expected)


@pytest.mark.parametrize("ticks", range(6))
def test_a_stop_is_heeded_even_in_the_moment_when_a_job_comes(root, ticks):
    stem(root / "in.wav", *SHORT)

    async def stop_at_once():
        nobody = SimpleNamespace(count=0, host=HOST, shutdown=lambda: None)
        journal = Journal(root.parent / "journal.sqlite")
        service = Service(journal, nobody, LookHere(Roots([root])))
        work = asyncio.create_task(service.run())
        await asyncio.sleep(0.05)
        files = {"stem": "in.wav"}, "out.wav"
        await service.submit("job", "", "restyle", *files, {"preset": "violin"})
        for _ in range(ticks):
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.wait([work], timeout=5)
        journal.close()
        assert work.cancelled()

    asyncio.run(stop_at_once())


def test_a_stem_deleted_in_the_queue_fails_only_its_job(root, long):
    deleted = stem(root / "deleted.wav", *SHORT)
    stem(root / "short.wav", *SHORT)
    with serve(root, "--workers", "1") as server:
        submit_long(server)
        server.ask("/restyle/submit", "gone", "deleted.wav", "gone.wav", "violin")
        server.ask("/restyle/submit", "there", "short.wav", "there.wav", "violin")
        deleted.unlink()
        server.ask("/restyle/cancel", "job", until="/restyle/cancelled", timeout=20)
        assert server.wait("gone") == "failed"
        assert server.wait("there") == "done"
    report = json.loads((root / "gone.wav.json").read_text())
    assert (report["state"], report["code"]) == ("failed", "not_found")
    assert not (root / "gone.wav").exists()
    assert not leftovers(root)


def refused_start(root, *options):
    """Start a server that cannot: its one line on stderr."""
    command = [*RESTYLE, "serve", "--root", str(root), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_second_server_on_the_same_journal_or_port_is_refused(root):
    with serve(root, "--workers", "1") as server:
        other = root.parent / "other.sqlite"
        journal = refused_start(root, "--port", 0, "--journal", server.journal)
        assert "journal" in journal
        port = refused_start(root, "--port", server.port, "--journal", other)
        assert f"Port {server.port}" in port
        round_trip(server)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(200)])
def test_a_file_that_is_no_journal_is_refused_and_kept(root, content):
    journal = root.parent / "journal.sqlite"
    journal.write_bytes(content)
    assert "move it away" in refused_start(root, "--port", 0, "--journal", journal)
    assert journal.read_bytes() == content


def test_a_folder_whose_name_is_not_utf8_takes_results(root):
    stem(root / "in.wav", *SHORT)
    folder = Path(os.fsdecode(os.fsencode(root) + b"/\xff"))
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"such a folder cannot be made: {error}")
    (root / "link").symlink_to(folder)
    with serve(root, "--workers", "1") as server:
        job = ("job", "in.wav", "link/out.wav", "violin")
        got = server.ask("/restyle/submit", *job, until="/restyle/done", timeout=60)
        assert got[-1].arguments[2].endswith("?/out.wav")
        (reply,) = server.ask("/restyle/submit", "other", *job[1:])
        assert reply.arguments[2] == "out_exists"
        assert not server.errors.read_text()
    assert (folder / "out.wav").exists()


# Full disks


@pytest.mark.slow
def test_a_full_disk_fails_the_job_and_leaves_nothing(root, long):
    short = stem(root.parent / "short.wav", *SHORT)
    with small_disk_or_skip(root.parent / "small", "1M") as small:
        options = ("--workers", "1", "--root", str(small), "--root", str(root.parent))
        with serve(root, *options) as server:
            server.ask("/restyle/submit", "big", "long.wav", f"{small}/big.wav", "violin")
            assert server.wait("big") == "failed"
            (reply,) = server.ask("/restyle/job", "big")
            assert reply.arguments[3].startswith("disk_full: ")
            assert {path.name for path in small.iterdir()} == {"big.wav.json"}
            fill(small / "filler")
            server.ask("/restyle/submit", "none", str(short), f"{small}/none.wav", "violin")
            assert server.wait("none") == "failed"
            assert {path.name for path in small.iterdir()} == {"big.wav.json", "filler"}
            (small / "filler").unlink()
            server.ask("/restyle/submit", "small", str(short), f"{small}/small.wav", "violin")
            assert server.wait("small") == "done"
            assert not leftovers(small)
            assert server.stop() == 0


@pytest.mark.slow
def test_a_full_disk_under_the_journal_loses_no_job(root, long):
    stem(root / "short.wav", *SHORT)
    small = root.parent / "small"
    options = ("--workers", "1")
    with (
        small_disk_or_skip(small, "1M"),
        serve(root, *options, journal=small / "journal.sqlite") as server,
    ):
        submit_long(server)
        fill(small / "filler")

        def refused():
            id = f"job-{time.monotonic()}"
            (reply,) = server.ask("/restyle/submit", id, "short.wav", f"{id}.wav", "violin")
            return reply if reply.address == "/restyle/fail" else None

        reply = wait_for(refused)
        assert reply.arguments[2] == "disk_full"
        assert server.wait("job") == "done"
        server.restart()  # the disk is still full
        round_trip(server)
        (small / "filler").unlink()
        assert server.wait("job") == "done"
        server.ask("/restyle/submit", "after", "short.wav", "after.wav", "violin")
        assert server.wait("after") == "done"
        assert server.stop() == 0
    assert np.array_equal(sound(root / "out.wav"), restyled_here(long, root.parent / "own.wav"))
    assert not leftovers(root)
