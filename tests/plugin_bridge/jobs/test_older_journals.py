"""Journals that earlier Restyles wrote: nothing in them is lost.

The .sql files are dumps of real ones. Two are of Restyle 0.1, before journals had a version: one of
a server that was killed while it did one of seven jobs and was about to publish another, one of a
batch of three stems. One is of version 2, the last that knew nothing of HTTP.
"""

import asyncio
import dataclasses
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.jobs import RESULT, Room, Workers, until
from support.servers import restyled_here, sound, stem

from plugin_bridge.jobs import batch as module
from plugin_bridge.jobs.batch import JOURNAL, batch
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.workers.local import LocalWorkers

HERE = Path(__file__).parent
SHORT = (0.3, 8000)  # seconds and Hz
ODD = "odd 'name' 音 [bold].wav"
ODD_JOB = "job '; DROP TABLE jobs; -- 音\n🎻"
WHEN = 10**18  # nanoseconds: when the stems of the batch were last changed
STATES = {
    "job-done": "done",
    "job-failed": "failed",
    "job-running": "running",
    "job-written": "written",
    "job-queued": "queued",
    ODD_JOB: "queued",
    "job-cancelled": "cancelled",
}


def restore(dump: str, path: Path, root: Path) -> None:
    """Make the database of a dump, with its files in ``root``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    script = (HERE / dump).read_text(encoding="utf-8").replace("{root}", str(root))
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


@pytest.fixture
def folder(tmp_path):
    """What the killed server left, but for the length of a stem."""
    root = tmp_path / "root"
    stem(root / "in.wav", *SHORT)
    stem(root / "long.wav", *SHORT, seed=2)
    stem(root / ODD, *SHORT, seed=1)
    (root / "running.wav.part").write_bytes(b"half")
    (root / "written.wav.part").write_bytes(RESULT)
    (root / "done.wav").write_bytes(RESULT)
    restore("journal_of_version_0.sql", tmp_path / "journal.sqlite", root)
    return tmp_path


def submit(room, id, output, preset, *pairs, source="in.wav"):
    """Send what that client sent, as the server noted it."""
    request = repr((source, output, preset, pairs))
    settings = {"preset": preset or "flute"}
    given = id, request, "restyle", {"stem": source}, output, settings
    return asyncio.run(room.service.submit(*given))


def test_all_jobs_are_known_and_answer_the_same_requests(folder):
    room = Room(folder)
    before = dict(room.service.jobs)
    assert {id: job.state for id, job in sorted(before.items(), key=lambda it: it[1].number)} == (
        STATES
    )
    assert (
        submit(room, "job-done", "done.wav", "violin", "strength", 0.5, "seed", 7)
        is (before["job-done"])
    )
    assert submit(room, "job-written", "written.wav", "40") is before["job-written"]
    assert submit(room, ODD_JOB, 'odd "result" ü.wav', "", 0.25, source=ODD) is before[ODD_JOB]
    done, failed = before["job-done"], before["job-failed"]
    assert (done.frames, done.rate, done.output) == (2400, 8000, str(room.root / "done.wav"))
    assert (failed.code, failed.error.endswith("nothing after 5 s: it is shorter.")) == (
        "bad_setting",
        True,
    )
    assert before["job-cancelled"].settings == {"preset": "flute", "gain_db": -6.0, "mix": 0.5}
    assert all((job.operation, job.owner) == ("restyle", "") for job in before.values())
    room.journal.close()


def test_what_was_queued_is_done_bit_for_bit(folder):
    wanted = {
        "queued.wav": restyled_here(folder / "root" / "in.wav", folder / "own.wav"),
        "running.wav": restyled_here(folder / "root" / "long.wav", folder / "own.wav"),
    }
    gain = np.float32(10 ** (-6 / 20))
    odd = restyled_here(folder / "root" / ODD, folder / "own.wav", "flute", strength=0.25)
    wanted['odd "result" ü.wav'] = odd * gain

    async def story():
        room = Room(folder, LocalWorkers(1))
        async with room.running():
            await until(lambda: all(job.ended for job in room.service.jobs.values()), 60)
        assert room.service.counts() == {"done": 5, "failed": 1, "cancelled": 1}
        for name, audio in wanted.items():
            assert np.array_equal(sound(room.root / name), audio), name
        assert (room.root / "written.wav").read_bytes() == RESULT
        assert (room.root / "done.wav").read_bytes() == RESULT
        assert not list(room.root.glob("*.part"))

    asyncio.run(story())


def test_one_of_version_2_has_all_its_jobs(tmp_path):
    path = tmp_path / "journal.sqlite"
    restore("journal_of_version_2.sql", path, tmp_path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT job FROM jobs ORDER BY number").fetchall()
    before = [json.loads(text) for (text,) in rows]
    journal = Journal(path)
    after = [dataclasses.asdict(job) for job in journal.jobs.values()]
    assert [it["state"] for it in after] == [
        *("done", "failed", "running", "written", "queued", "cancelled")
    ]
    for old, new in zip(before, after, strict=True):
        assert old.items() <= new.items()
        assert (new["names"], new["created"], new["webhook"]) == ({}, 0.0, "")
    assert [job.id for job in journal.unended()] == ["job-running", "job-written", ODD_JOB]
    journal.close()


class Quick(Workers):
    """Workers that are done at once."""

    def submit(self, fn, /, task):
        future = super().submit(fn, task)
        self.end(task.job)
        return future


def test_a_batch_skips_what_it_had_done(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LocalWorkers", Quick)
    source, target = tmp_path / "in", tmp_path / "out"
    names = ["a.wav", "deep/er/odd '音' [b].wav", "changed.wav"]
    for number, name in enumerate(names):
        os.utime(stem(source / name, *SHORT, seed=number), ns=(WHEN, WHEN))
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(RESULT)
    restore("batch_of_version_0.sql", target / JOURNAL, tmp_path)
    os.utime(source / "changed.wav", ns=(WHEN, WHEN + 1))
    stem(source / "new.wav", *SHORT)
    summary = batch(source, target, ["violin"], {"strength": 0.5})
    assert (summary.done, summary.skipped) == (1, 2)
    assert list(map(str, summary.failed)) == ["changed.wav"]
    with pytest.raises(ValueError, match="another preset or other settings"):
        batch(source, target, ["violin"], {"strength": 0.25})
