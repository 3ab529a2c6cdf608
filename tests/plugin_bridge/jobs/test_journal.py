"""The journal: what was accepted is known after a crash, and nobody else's file is touched."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from support.jobs import Disk

from plugin_bridge.jobs import journal as module
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.records.records import Delivery, Unwritable, Usage, Written
from plugin_bridge.jobs.refusal import Refusal

STATES = ["queued", "running", "written", "done", "failed", "cancelled"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite"


def job(id, **more):
    more = {"settings": {"preset": "violin"}, **more}
    return Job(id, "request", "restyle", {"stem": "/r/in.wav"}, f"/r/{len(id)}.wav", **more)


def reopened(path, **options):
    it = Journal(path, **options)
    it.close()
    return it.jobs


def refuses(path):
    """One line that names the file, and nothing is locked afterwards."""
    with pytest.raises(ValueError, match=r"journal .*journal\.sqlite") as caught:
        Journal(path)
    assert "--journal FILE" in str(caught.value)
    return str(caught.value)


def test_every_state_survives(path):
    first = Journal(path)
    for number, state in enumerate(STATES):
        it = job(f"job-{number}", settings={"strength": 0.25, "seed": 2**31 - 1})
        asyncio.run(first.add(it))
        it.state, it.deaths, it.code, it.error = state, 1, "hung", "It hung: ü\n"
        it.frames, it.rate, it.seconds = 2**40, 44100, 1.25
        assert asyncio.run(first.save(it))
    first.close()
    found = reopened(path)
    assert [it.state for it in found.values()] == STATES
    assert found == first.jobs
    assert [it.number for it in found.values()] == list(range(1, 7))


def test_nothing_has_to_be_closed_for_it(path):
    code = (
        "import asyncio, os, sys, pathlib\n"
        "from plugin_bridge.jobs.journal import Job, Journal\n"
        "it = Journal(pathlib.Path(sys.argv[1]))\n"
        "a = Job('a', 'r', 'restyle', {'stem': 's'}, 'o')\n"
        "asyncio.run(it.add(a)); a.state = 'running'; asyncio.run(it.save(a))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -9
    assert [it.state for it in reopened(path).values()] == ["running"]


def test_progress_is_not_written_down(path):
    first = Journal(path)
    it = job("a", progress=0.5, stage="optimising")
    asyncio.run(first.add(it))
    first.close()
    found = reopened(path)["a"]
    assert (found.progress, found.stage) == (0.0, "")


@pytest.mark.parametrize(
    "id",
    ["", "a" * 200, "音\n\t'\"; DROP TABLE jobs; --", "\x00nul", "🎻" * 100, "../..", "A", "a "],
)
def test_any_text_is_an_id(path, id):
    first = Journal(path)
    asyncio.run(first.add(job(id)))
    asyncio.run(first.add(job(id + "x")))
    first.close()
    assert list(reopened(path)) == [id, id + "x"]


def test_a_second_server_is_refused_until_the_first_has_gone(path):
    first = Journal(path)
    asyncio.run(first.add(job("a")))
    assert "Another restyle" in refuses(path)
    code = "import sys, pathlib; from plugin_bridge.jobs.journal import Journal\n"
    code += "Journal(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, path], check=False, capture_output=True)
    assert b"Another restyle" in done.stderr
    first.close()
    assert list(reopened(path)) == ["a"]


def damage(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(content):
        with sqlite3.connect(path) as database:
            content(database)
        database.close()
    else:
        path.write_bytes(content)


def other_schema(database):
    database.execute("CREATE TABLE jobs (name TEXT)")


OF_VERSION_0 = {
    "id": "a", "request": "r", "stem": "s", "out": "o", "preset": "p", "settings": {},
    "state": "queued", "deaths": 0, "frames": 0, "rate": 0, "seconds": 0.0, "code": "",
    "error": "", "number": 1,
}  # fmt: skip


def rows(*texts):
    def write(database):
        database.execute(
            "CREATE TABLE jobs (id TEXT PRIMARY KEY, number INTEGER, state TEXT, changed REAL, "
            "job TEXT)"
        )
        for number, text in enumerate(texts):
            database.execute(
                "INSERT INTO jobs VALUES (?, ?, '', 0, ?)", (str(number), number, text)
            )

    return write


@pytest.mark.parametrize(
    "content",
    [
        b"no journal at all, but a text of somebody's" * 100,
        b"SQLite format 3\0" + bytes(4000),
        other_schema,
        rows("not json"),
        rows("[]"),
        rows("null"),
        rows('{"id": "a"}'),
        rows(json.dumps({**OF_VERSION_0, "colour": "blue"})),
        rows(None),
        rows("[" * 100_000),
    ],
)
def test_a_damaged_or_foreign_file_is_left_as_it_is(path, content):
    damage(path, content)
    before = path.read_bytes()
    assert "\n" not in refuses(path)
    if not callable(content):
        assert path.read_bytes() == before
    path.unlink()
    for beside in path.parent.glob("*-*"):
        beside.unlink()
    assert reopened(path) == {}


def test_a_folder_is_no_journal(path):
    path.mkdir(parents=True)
    refuses(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes wherever it likes")
def test_a_read_only_folder_is_said_in_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises((OSError, ValueError)):
        Journal(tmp_path / "journal.sqlite")


def test_where_no_folder_can_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Journal(tmp_path / "file" / "journal.sqlite")


# A disk that cannot be written


@pytest.fixture
def disk(monkeypatch):
    return Disk.install(monkeypatch)


def test_on_a_full_disk_a_job_is_not_accepted(path, disk):
    it = Journal(path)
    disk.full = True
    with pytest.raises(Refusal, match="cannot be written") as caught:
        asyncio.run(it.add(job("a")))
    assert caught.value.code == "disk_full"
    assert it.jobs == {}
    disk.full = False
    asyncio.run(it.add(job("a")))
    it.close()
    assert reopened(path)["a"].number == 1


def test_on_a_full_disk_a_step_is_written_with_the_next(path, disk):
    it = Journal(path)
    a, b = job("a"), job("b")
    asyncio.run(it.add(a))
    asyncio.run(it.add(b))
    disk.full = True
    a.state = "done"
    assert not asyncio.run(it.save(a))
    assert not asyncio.run(it.flush())
    assert it.jobs["a"].state == "done"
    disk.full = False
    b.state = "running"
    assert asyncio.run(it.save(b))
    assert asyncio.run(it.flush())
    it.close()
    assert [j.state for j in reopened(path).values()] == ["done", "running"]


def test_what_is_left_is_written_when_it_closes(path, disk):
    it = Journal(path)
    a = job("a")
    asyncio.run(it.add(a))
    disk.full = True
    a.state = "failed"
    assert not asyncio.run(it.save(a))
    disk.full = False
    it.close()
    assert reopened(path)["a"].state == "failed"


# A file that another program holds, or that goes away


@contextmanager
def held(path):
    """Another program has locked the journal."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


async def longest_pause(work):
    """What ``work`` comes to, and the longest time in which the loop did nothing else."""
    task, longest, last = asyncio.create_task(work), 0.0, time.monotonic()
    while not task.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    (result,) = await asyncio.gather(task, return_exceptions=True)
    return result, longest


def test_while_another_program_holds_it_nothing_stands_still_and_it_is_said(path):
    async def story():
        it = Journal(path)
        a = job("a")
        await it.add(a)
        with held(path):
            started = time.monotonic()
            refusal, longest = await longest_pause(it.add(job("b")))
            assert (refusal.code, "locked by another program" in str(refusal)) == (
                "journal_busy",
                True,
            )
            assert time.monotonic() - started < 5
            a.state = "running"
            assert not await it.save(a)
        assert longest < 0.5
        assert list(it.jobs) == ["a"]
        await it.add(job("b"))
        it.close()

    asyncio.run(story())
    assert [(j.id, j.number, j.state) for j in reopened(path).values()] == [
        ("a", 1, "running"),
        ("b", 2, "queued"),
    ]


def test_many_that_wait_for_a_held_file_wait_together(path):
    async def story():
        it = Journal(path)
        with held(path):
            started = time.monotonic()
            adding = [it.add(job(f"job-{number}")) for number in range(50)]
            refusals = await asyncio.gather(*adding, return_exceptions=True)
            assert {refusal.code for refusal in refusals} == {"journal_busy"}
            assert time.monotonic() - started < 5
        assert it.jobs == {}
        it.close()

    asyncio.run(story())


def test_what_comes_at_once_is_written_at_once_and_in_order(path, disk):
    async def story():
        it = Journal(path)
        disk.statements.clear()
        await asyncio.gather(*(it.add(job(f"job-{number}")) for number in range(50)))
        assert [statement.split()[0] for statement in disk.statements].count("COMMIT") <= 2
        assert [(j.id, j.number) for j in it.jobs.values()] == [
            (f"job-{number}", number + 1) for number in range(50)
        ]
        it.close()
        return it.jobs

    assert asyncio.run(story()) == reopened(path)


@pytest.mark.parametrize("gone", [[""], [".lock"], ["-wal"], ["", ".lock"]])
def test_without_its_file_it_accepts_nothing_more(path, gone):
    async def story():
        it = Journal(path)
        a = job("a")
        await it.add(a)
        assert await it.flush()
        assert not it.gone
        for suffix in gone:
            path.with_name(path.name + suffix).unlink()
        assert await it.flush()
        assert "was deleted or replaced: restart" in it.gone
        assert str(path) in it.gone
        with pytest.raises(Refusal) as caught:
            await it.add(job("b"))
        assert caught.value.code == "journal_gone"
        a.state = "done"
        await it.save(a)
        assert {id: j.state for id, j in it.jobs.items()} == {"a": "done"}
        it.close()

    asyncio.run(story())


def test_one_that_is_replaced_by_another_server_s_does_not_harm_that(path):
    async def story():
        it = Journal(path)
        a = job("a")
        await it.add(a)
        for file in path.parent.iterdir():
            file.unlink()
        another = Journal(path)
        a.state = "done"
        await it.save(a)
        assert await it.flush()
        assert it.gone
        await another.add(job("b"))
        it.close()
        await another.add(job("c"))
        assert await another.flush()
        assert not another.gone
        another.close()

    asyncio.run(story())
    assert list(reopened(path)) == ["b", "c"]


def test_a_file_that_goes_with_the_very_job_takes_nothing_in(path):
    """Nobody has looked since: a job is accepted only if it was written where it will be found."""

    async def story():
        it = Journal(path)
        path.unlink()
        with pytest.raises(Refusal) as caught:
            await it.add(job("a"))
        assert caught.value.code == "journal_gone"
        assert it.jobs == {}
        it.close()

    asyncio.run(story())


# Forgetting


def test_the_oldest_that_have_ended_are_forgotten(path):
    it = Journal(path, kept=10)
    for number in range(30):
        new = job(str(number))
        asyncio.run(it.add(new))
        if number % 3:
            new.state = "done"
            asyncio.run(it.save(new))
    waiting = [j.id for j in it.unended()]
    assert waiting == [str(n) for n in range(0, 30, 3)]
    ended = [int(j.id) for j in it.jobs.values() if j.ended]
    assert 10 <= len(ended) <= 11
    assert ended == [n for n in range(30) if n % 3][-len(ended) :]
    it.close()
    assert list(reopened(path, kept=None)) == list(it.jobs)


def test_what_is_forgotten_does_not_come_back(path, disk):
    """Though its end was still to be written down when it was forgotten."""
    it = Journal(path)
    a = job("a")
    asyncio.run(it.add(a))
    disk.full = True
    a.state = "done"
    asyncio.run(it.save(a))
    disk.full = False
    asyncio.run(it.forget([a]))
    it.close()
    assert reopened(path) == {}


def test_on_a_full_disk_nothing_is_forgotten(path, disk):
    it = Journal(path)
    asyncio.run(it.add(job("a")))
    disk.full = True
    asyncio.run(it.forget([it.jobs["a"]]))
    assert list(it.jobs) == ["a"]
    it.close()


def test_forgetting_many_is_one_transaction(path, disk):
    """One that waits for the disk only once: the server does nothing else meanwhile."""
    it = Journal(path, kept=None)
    for number in range(20):
        asyncio.run(it.add(job(str(number))))
    disk.statements.clear()
    asyncio.run(it.forget(list(it.jobs.values())))
    assert [it.split()[0] for it in disk.statements] == ["BEGIN", "DELETE", "COMMIT"]
    it.close()


# Jobs that somebody owns


def owned(id, owner="ann", **more):
    return job(id, owner=owner, **more)


def usage(id):
    return Usage(id, "ann", "restyle", 10.0, 1.0, 100, 5.0)


def test_a_job_with_an_owner_leaves_with_its_end(path, disk):
    async def story():
        it = Journal(path)
        a, b = owned("a"), job("b")
        await it.add(a)
        await it.add(b)
        disk.statements.clear()
        assert await it.save(replace(a, state="done"), usage("a"))
        assert [statement.split()[0] for statement in disk.statements].count("COMMIT") == 1
        assert await it.save(replace(b, state="done"))
        assert list(it.jobs) == ["b"]
        assert (await it.ask(it.records.find, "a")).state == "done"
        assert await it.ask(it.records.usage) == [usage("a")]
        it.close()

    asyncio.run(story())
    assert list(reopened(path)) == ["b"]


def test_its_end_and_what_it_costs_wait_together_for_room(path, disk):
    async def story():
        it = Journal(path)
        a, b = owned("a"), owned("b")
        await it.add(a)
        await it.add(b)
        disk.full = True
        delivery = Delivery("d", "ann", "https://example.com", "{}", 0, 0.0)
        assert not await it.save(replace(a, state="done"), usage("a"), delivery)
        assert not await it.save(replace(a, state="done", bytes=7))
        assert not await it.flush()
        assert list(it.jobs) == ["a", "b"]
        disk.full = False
        assert await it.save(b)
        assert await it.flush()
        assert list(it.jobs) == ["b"]
        assert (await it.ask(it.records.find, "a")).bytes == 7
        assert await it.ask(it.records.usage) == [usage("a")]
        assert await it.do(it.records.claim_deliveries, 1.0, 2.0) == [delivery]
        it.close()

    asyncio.run(story())


def test_an_id_of_a_job_that_has_left_is_taken(path):
    async def story():
        it = Journal(path)
        a = owned("a")
        await it.add(a)
        await it.save(replace(a, state="done"))
        b, again = job("b"), owned("a", owner="eve")
        results = await asyncio.gather(it.add(again), it.add(b), return_exceptions=True)
        assert [getattr(result, "code", None) for result in results] == ["id_taken", None]
        assert list(it.jobs) == ["b"]
        assert (await it.ask(it.records.find, "a")).owner == "ann"
        assert await it.forget([a])
        await it.add(again)
        it.close()

    asyncio.run(story())


def test_jobs_are_counted_as_they_come_and_go(path):
    async def story():
        it = Journal(path)
        a, b, c = owned("a"), owned("b", owner="bob"), job("c")
        for new in (a, b, c):
            await it.add(new)
        a.state = c.state = "running"
        await it.save(a)
        await it.save(c)
        assert it.counts() == {"queued": 1, "running": 2}
        assert [it.counts(owner) for owner in ("ann", "bob", "", "eve")] == [
            {"running": 1},
            {"queued": 1},
            {"running": 1},
            {},
        ]
        await it.save(replace(a, state="done"))
        await it.save(replace(c, state="done"))
        assert it.counts() == {"queued": 1, "done": 1}
        await it.forget([c])
        assert (it.counts(), it.counts("")) == ({"queued": 1}, {})
        it.close()

    asyncio.run(story())
    again = Journal(path)
    assert again.counts() == {"queued": 1}
    again.close()


def test_those_that_wait_for_owners_make_nobody_s_forget_nothing(path):
    it = Journal(path, kept=5)
    for number in range(20):
        asyncio.run(it.add(owned(f"owned-{number}")))
    for number in range(5):
        new = job(str(number))
        asyncio.run(it.add(new))
        new.state = "done"
        asyncio.run(it.save(new))
    assert len(it.jobs) == 25
    it.close()


class Elsewhere:
    """Records of which another server has taken over all jobs."""

    name, shared = "elsewhere", True

    def __init__(self):
        self.lost = False
        self.adopted = []

    def load(self):
        return []

    def delete(self, ids):
        pass

    def write(self, rows):
        return Written(lost=[row.job.id for row in rows if self.lost and not row.new])

    def adopt(self):
        return self.adopted

    def close(self):
        pass


def test_a_job_that_another_server_has_taken_over_is_let_go(path):
    async def story():
        records, lost = Elsewhere(), []
        it = Journal(records=records, on_lost=lost.append)
        a, b = owned("a"), owned("b")
        await it.add(a)
        await it.add(b)
        assert abs(a.number / 1e6 - time.time()) < 60
        assert b.number > a.number
        records.lost = True
        a.state = "written"
        await it.save(a)
        assert lost == [a]
        assert (list(it.jobs), it.counts()) == (["b"], {"queued": 1})
        it.close()

    asyncio.run(story())


def test_jobs_of_a_server_that_is_gone_are_taken_over(path):
    async def story():
        records = Elsewhere()
        it = Journal(records=records)
        mine = owned("mine")
        await it.add(mine)
        records.adopted = [owned("mine"), owned("theirs", state="running", number=7)]
        assert [job.id for job in await it.adopt()] == ["theirs"]
        assert it.jobs["mine"] is mine
        assert it.counts("ann") == {"queued": 1, "running": 1}
        it.close()

    asyncio.run(story())


class Away(Elsewhere):
    def write(self, rows):
        raise Unwritable("no answer", busy=True)


def test_a_database_that_does_not_answer_is_said():
    it = Journal(records=Away())
    with pytest.raises(Refusal, match="The database elsewhere does not answer") as caught:
        asyncio.run(it.add(owned("a")))
    assert caught.value.code == "journal_busy"
    it.close()


def test_the_report_is_one_line_that_anything_can_read():
    it = job("ü\n", state="failed", code="hung", error='"quoted"\n音')
    assert it.report.endswith("}\n")
    assert it.report.count("\n") == 1
    assert it.report.isascii()
    assert json.loads(it.report) == {
        "job": "ü\n",
        "state": "failed",
        "out": "/r/2.wav",
        "frames": 0,
        "rate": 0,
        "seconds": 0.0,
        "code": "hung",
        "error": '"quoted"\n音',
        "made_of": {},
    }
    assert module.KEPT >= 1000


# Other versions


def test_a_newer_journal_is_refused_and_left_as_it_is(path):
    reopened(path)
    damage(path, lambda database: database.execute("PRAGMA user_version = 99"))
    before = path.read_bytes()
    said = refuses(path)
    assert "newer" in said
    assert "update Restyle" in said
    assert path.read_bytes() == before


def older(*jobs):
    """A journal of version 0 with jobs that differ from `OF_VERSION_0` by so much."""
    return rows(*(json.dumps({**OF_VERSION_0, **it}) for it in jobs))


def test_an_older_journal_is_brought_up_to_date_once(path):
    damage(path, older({"settings": {"seed": 7}}))
    (found,) = reopened(path).values()
    assert (found.operation, found.inputs, found.output) == ("restyle", {"stem": "s"}, "o")
    assert (found.settings, found.owner) == ({"preset": "p", "seed": 7}, "")
    before = path.read_bytes()
    assert reopened(path) == {"a": found}
    assert path.read_bytes() == before


def test_a_job_of_version_1_says_nothing_of_what_its_result_is_made_of(path):
    journal = Journal(path)
    asyncio.run(journal.add(Job("a", "r", "restyle", {"stem": "s"}, "o", {"preset": "p"})))
    journal.close()

    def of_version_1(database):
        ((text,),) = database.execute("SELECT job FROM jobs").fetchall()
        job = json.loads(text)
        del job["made_of"]
        database.execute("UPDATE jobs SET job = ?", (json.dumps(job),))
        database.execute("PRAGMA user_version = 1")

    damage(path, of_version_1)
    assert reopened(path)["a"].made_of == {}


def content(path):
    with closing(sqlite3.connect(path)) as database:
        version = database.execute("PRAGMA user_version").fetchone()
        return version, database.execute("SELECT * FROM jobs").fetchall()


@pytest.mark.parametrize("fault", [{"stem": ["s"], "colour": "blue"}, {"settings": 7}])
def test_an_older_journal_with_a_fault_is_left_as_it_is(path, fault):
    damage(path, older({"id": "good"}, fault))
    before = content(path)
    refuses(path)
    assert content(path) == before


def test_a_full_disk_while_an_older_journal_is_opened_loses_nothing(path, disk, monkeypatch):
    damage(path, older({"id": "a"}))
    before = content(path)
    monkeypatch.setattr(disk, "needs_room", "INSERT")
    refuses(path)
    monkeypatch.setattr(disk, "needs_room", "")
    assert content(path) == before
    assert list(reopened(path)) == ["a"]
