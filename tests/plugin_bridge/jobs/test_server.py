"""A real server under pauses, a journal that is held or taken away, and stems that crash."""

import os
import signal
import sqlite3
import threading
import time
from contextlib import closing

import numpy as np
import psutil
import pytest
from support.servers import restyled_here, serve, sound, stem, wait_for

SHORT = (0.3, 8000)


@pytest.fixture
def root(tmp_path):
    stem(tmp_path / "root" / "in.wav", *SHORT)
    return tmp_path / "root"


def submit(server, id, source="in.wav", **options):
    job = (id, source, f"{id}.wav", "violin")
    (reply,) = server.ask("/restyle/submit", *job, again=None, timeout=60, **options)
    return reply


def test_while_another_program_holds_the_journal_others_are_answered(root):
    with serve(root, "--workers", "1") as server:
        server.ask("/restyle/version")
        with closing(sqlite3.connect(server.journal, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            replies, times = [], []
            began = time.monotonic()
            client = threading.Thread(target=lambda: replies.append(submit(server, "a")))
            client.start()
            while client.is_alive():
                asked = time.monotonic()
                server.ask("/restyle/version", again=None)
                times.append(time.monotonic() - asked)
                time.sleep(0.02)
            client.join()
            assert time.monotonic() - began < 6
        assert replies[0].arguments[2] == "journal_busy"
        assert max(times) < 0.5
        assert submit(server, "a").address == "/restyle/accepted"
        assert server.wait("a") == "done"
        assert server.stop() == 0


def test_a_journal_taken_away_is_noticed_and_what_was_accepted_is_finished(root):
    stem(root / "long.wav", 4.0)
    with serve(root, "--workers", "1") as server:
        assert submit(server, "a", "long.wav").address == "/restyle/accepted"
        for suffix in ("", ".lock"):
            os.unlink(f"{server.journal}{suffix}")
        began = time.monotonic()
        reply = submit(server, "b")
        assert time.monotonic() - began < 1
        assert reply.arguments[2] == "journal_gone"
        assert str(server.journal) in reply.arguments[3]
        assert server.wait("a") == "done"
        wait_for(server.errors.read_text)
        time.sleep(1.5)  # it is not said again
        assert server.errors.read_text().count("\n") == 1
        events = [entry["event"] for entry in server.entries() if entry["level"] == "error"]
        assert events == ["the journal is gone"]
        assert server.stop() == 0
    assert (root / "a.wav").exists()


@pytest.mark.slow
def test_a_pause_of_server_and_worker_is_no_hang(root):
    long = stem(root / "long.wav", 10.0)
    with serve(root, "--workers", "1", "--hang-seconds", "10") as server:
        submit(server, "job", "long.wav")
        wait_for(lambda: server.ask("/restyle/job", "job", timeout=60)[0].arguments[2] > 0.05)
        everyone = [psutil.Process(server.process.pid), *server.workers()]
        for it in everyone:
            it.suspend()
        time.sleep(13)
        for it in everyone:
            it.resume()
        assert server.wait("job", seconds=120) == "done"
        assert "hung" not in {entry["event"] for entry in server.entries()}
        assert "worker died" not in {entry["event"] for entry in server.entries()}
    assert np.array_equal(sound(root / "job.wav"), restyled_here(long, root.parent / "own.wav"))


def test_who_looks_at_files_is_replaced_when_it_is_killed(root):
    with serve(root, "--workers", "1") as server:
        assert submit(server, "a").address == "/restyle/accepted"
        assert server.wait("a") == "done"
        for it in server.workers():
            it.send_signal(signal.SIGKILL)
        assert submit(server, "b").address == "/restyle/accepted"
        assert server.wait("b") == "done"
        assert server.stop() == 0
