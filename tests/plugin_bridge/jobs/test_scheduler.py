"""The scheduler: each accepted job ends once, and no file is replaced or left lying about."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.jobs import RESULT, WRITTEN, Disk, LookHere, Room, Workers, until

from effects import Cancelled
from plugin_bridge.jobs import scheduler as module
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import part_path, report_path
from plugin_bridge.jobs.workers.process import WorkerDied
from plugin_bridge.jobs.workers.progress_line import Line
from plugin_bridge.jobs.workers.work import Outcome


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.02)
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.05)


# One job

MADE_OF = {"played": 0.25, "kept": 0.75, "blended": 0.0, "advice": "Heard nothing."}


def test_a_job_is_done_and_its_report_says_so(tmp_path):
    async def story():
        room = Room(tmp_path)
        job = await room.submit("a")
        assert (job.state, room.service.position(job), room.files) == ("queued", 1, [])
        async with room.running():
            await until(lambda: room.workers.busy == ["a"])
            assert (job.state, room.service.position(job)) == ("running", 0)
            room.workers.end("a")
            await until(lambda: job.ended)
            assert room.files == ["a.wav", "a.wav.json"]
            assert (room.root / "a.wav").read_bytes() == RESULT
            assert room.report("a.wav") == {
                "job": "a",
                "state": "done",
                "out": str(room.root / "a.wav"),
                "frames": 400,
                "rate": 8000,
                "seconds": 0.5,
                "code": "",
                "error": "",
                "made_of": {},
            }
            assert room.events == [("a", "done")]

    asyncio.run(story())


def test_what_a_result_is_made_of_is_reported_and_remembered(tmp_path):
    async def story():
        room = Room(tmp_path)
        job = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.workers.end("a", WRITTEN._replace(made_of=MADE_OF))
            await until(lambda: job.ended)
            assert room.report("a.wav")["made_of"] == MADE_OF
        room = Room(tmp_path)
        assert room.service.jobs["a"].made_of == MADE_OF
        assert room.service.jobs["a"].advice == "Heard nothing."
        room.journal.close()

    asyncio.run(story())


def test_a_job_that_fails_leaves_a_report_and_nothing_else(tmp_path):
    async def story():
        room = Room(tmp_path)
        await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.workers.end("a", Outcome("failed", code="unreadable", error="It is broken."))
            await until(lambda: room.state("a") == "failed")
            report = room.report("a.wav")
            assert room.files == ["a.wav.json"]
            assert (report["state"], report["code"], report["error"]) == (
                "failed",
                "unreadable",
                "It is broken.",
            )

    asyncio.run(story())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda root: (root / "in.wav").unlink(), "not_found"),
        (lambda root: (root / "in.wav").write_bytes(b"x"), "not_audio"),
        (lambda root: (root / "a.wav").write_bytes(b"theirs"), "out_exists"),
        (lambda root: (root / "a.wav.part").write_bytes(b"theirs"), "out_exists"),
    ],
)
def test_what_changed_while_a_job_waited_is_noticed(tmp_path, change, code):
    async def story():
        room = Room(tmp_path)
        await room.submit("b")
        await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy == ["b"])
            change(room.root)
            room.workers.end("b")
            await until(lambda: room.state("a") == "failed")
            assert room.journal.jobs["a"].code == code
            for name in ("a.wav", "a.wav.part"):
                if (room.root / name).exists():
                    assert (room.root / name).read_bytes() == b"theirs"

    asyncio.run(story())


# Requests


def test_the_same_request_again_is_the_same_job(tmp_path):
    async def story():
        room = Room(tmp_path, max_queue=1)
        job = await room.submit("a")
        assert await room.submit("a") is job
        (room.root / "in.wav").unlink()
        assert await room.submit("a") is job
        assert len(room.journal.jobs) == 1
        room.journal.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("id", "options", "code"),
    [
        ("a", {"request": "other"}, "id_taken"),
        ("b", {"out": "a.wav"}, "out_taken"),
        ("b", {"out": "../root/./a.wav"}, "out_taken"),
        ("b", {"out": "link/a.wav"}, "out_taken"),
        ("b", {"out": "in.wav"}, "out_is_in"),
        ("b", {"out": "../a.wav"}, "outside_root"),
        ("b", {"stem": "gone.wav"}, "not_found"),
        ("b", {"stem": ""}, "bad_request"),
    ],
)
def test_a_refused_request_changes_nothing(tmp_path, id, options, code):
    room = Room(tmp_path)
    (room.root / "link").symlink_to(room.root)
    asyncio.run(room.submit("a"))
    before = room.files
    with pytest.raises(Refusal) as caught:
        asyncio.run(room.submit(id, **options))
    assert caught.value.code == code
    assert room.files == before
    assert list(room.journal.jobs) == ["a"]
    room.journal.close()


def test_a_full_queue_takes_no_more(tmp_path):
    async def story():
        room = Room(tmp_path, max_queue=2)
        async with room.running():
            await room.submit("a")
            await until(lambda: room.workers.busy)
            await room.submit("b")
            await room.submit("c")
            with pytest.raises(Refusal) as caught:
                await room.submit("d")
            assert caught.value.code == "queue_full"
            room.workers.end("a")
            await until(lambda: room.workers.busy == ["b"])
            await room.submit("d")

    asyncio.run(story())


def test_the_report_of_an_earlier_job_goes_when_a_job_for_the_same_file_is_accepted(tmp_path):
    room = Room(tmp_path)
    report_path(room.root / "a.wav").write_text(Job("old", "", "restyle", {}, "x").report)
    asyncio.run(room.submit("a"))
    assert room.files == []
    room.journal.close()


# Order


def test_jobs_run_in_the_order_of_submission_as_many_as_there_are_workers(tmp_path):
    async def story():
        room = Room(tmp_path, Workers(2))
        jobs = [await room.submit(id) for id in "edcba"]
        assert [room.service.position(job) for job in jobs] == [1, 2, 3, 4, 5]
        async with room.running():
            await until(lambda: room.workers.busy == ["e", "d"])
            await asyncio.sleep(0.06)
            assert room.workers.busy == ["e", "d"]
            assert [room.service.position(job) for job in jobs] == [0, 0, 1, 2, 3]
            for id, then in zip("decba", ("ec", "cb", "ba", "a", ""), strict=True):
                room.workers.end(id)
                await until(lambda then=then: room.workers.busy == list(then))
                await until(lambda id=id: room.state(id) == "done")
            await asyncio.wait_for(room.service.finish(), 5)
            assert [it[0] for it in room.events] == list("decba")
            assert room.service.counts() == {"done": 5}

    asyncio.run(story())


def test_workers_may_come_and_go(tmp_path):
    async def story():
        room = Room(tmp_path, Workers(0))
        await room.submit("a")
        async with room.running():
            await asyncio.sleep(0.05)
            assert room.workers.busy == []
            room.workers.count = 1
            await until(lambda: room.workers.busy == ["a"])

    asyncio.run(story())


# Cancelling


def test_a_queued_job_is_cancelled_at_once_and_leaves_nothing(tmp_path):
    async def story():
        room = Room(tmp_path)
        await room.submit("a")
        b = await room.submit("b")
        async with room.running():
            await until(lambda: room.workers.busy == ["a"])
            room.service.cancel(b)
            await until(lambda: room.events == [("b", "cancelled")])
            room.service.cancel(b)
            room.workers.end("a")
            await until(lambda: room.state("a") == "done")
            room.service.cancel(room.journal.jobs["a"])
            await asyncio.sleep(0.03)
            assert room.events == [("b", "cancelled"), ("a", "done")]
            assert room.files == ["a.wav", "a.wav.json"]

    asyncio.run(story())


def work_until_cut(task, done):
    """As a worker would: report until the line is cut."""
    with Line(task.line, task.job) as line, suppress(Cancelled):
        for step in range(500):
            line.report(step / 500, "working")
            time.sleep(0.01)
        raise AssertionError("nobody cut the line")
    done()


def test_running_work_is_told_to_stop_and_may_do_so_by_itself(tmp_path):
    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            part_path(room.root / "a.wav").write_bytes(b"half")
            task = room.workers.task("a")
            work = asyncio.to_thread(
                work_until_cut, task, lambda: room.workers.end("a", Outcome("cancelled"))
            )
            work = asyncio.create_task(work)
            await until(lambda: a.progress > 0)
            assert a.stage == "working"
            room.service.cancel(a)
            assert a.state == "running"  # cancelled only once no work goes on
            await work
            await until(lambda: a.ended)
            assert (a.state, room.files, room.workers.killed) == ("cancelled", [], [])
            assert room.events[-1] == ("a", "cancelled")
            assert [event for _, event in room.events].count("progress") <= 52

    asyncio.run(story())


def test_running_work_that_does_not_listen_is_killed(tmp_path):
    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.service.cancel(a)
            room.service.cancel(a)
            await until(lambda: a.ended)
            assert (a.state, a.deaths, room.files) == ("cancelled", 0, [])
            assert len(room.workers.killed) == 1

    asyncio.run(story())


def test_a_job_cancelled_as_it_ends_is_cancelled_and_its_result_removed(tmp_path):
    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.service.cancel(a)
            room.workers.end("a")
            await until(lambda: a.ended)
            assert (a.state, room.files) == ("cancelled", [])

    asyncio.run(story())


def test_a_job_cancelled_before_the_server_stops_is_not_run_again(tmp_path):
    async def story():
        room = Room(tmp_path)
        async with room.running():
            a = await room.submit("a")
            await until(lambda: room.workers.busy)
            room.service.cancel(a)
        assert a.state == "cancelled"
        assert room.events == [("a", "cancelled")]

    asyncio.run(story())


def test_a_hung_job_can_be_cancelled(tmp_path, monkeypatch):
    """It is not tried again."""

    async def story():
        room = Room(tmp_path, hang_seconds=0.05)
        monkeypatch.setattr(room.workers, "kill", lambda future: None)  # it takes its time
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            await asyncio.sleep(0.15)
            room.service.cancel(a)
            room.workers.end("a", Outcome("cancelled"))
            await until(lambda: a.ended)
            assert a.state == "cancelled"

    asyncio.run(story())


# Workers that die or hang


@pytest.mark.parametrize("how", ["dies", "loses its line"])
def test_a_worker_that_is_lost_once_is_chance_and_twice_is_the_end(tmp_path, how):
    async def story():
        room = Room(tmp_path)
        a, b = await room.submit("a"), await room.submit("b")

        def lose():
            part_path(Path(room.workers.task("a").output)).write_bytes(b"half")
            if how == "dies":
                room.workers.kill(room.workers.works[-1][1])
            else:
                room.workers.end("a", Outcome("cancelled"))

        async with room.running():
            await until(lambda: room.workers.busy == ["a"])
            lose()
            await until(lambda: len(room.workers.works) == 2)
            assert (a.state, a.deaths, room.workers.busy) == ("running", 1, ["a"])
            lose()
            await until(lambda: a.ended)
            assert (a.state, a.code) == ("failed", "worker_died")
            assert room.files == ["a.wav.json"]
            await until(lambda: room.workers.busy == ["b"])
            assert b.deaths == 0

    asyncio.run(story())


def test_a_worker_that_was_lost_once_may_still_succeed(tmp_path):
    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.workers.kill(room.workers.works[0][1])
            await until(lambda: room.workers.busy)
            room.workers.end("a")
            await until(lambda: a.ended)
            assert a.state == "done"

    asyncio.run(story())


def test_a_worker_that_says_nothing_hangs(tmp_path):
    async def story():
        room = Room(tmp_path, hang_seconds=0.1)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: a.ended)
            assert (a.state, a.code, len(room.workers.killed)) == ("failed", "hung", 2)

    asyncio.run(story())


async def seconds_of_patience(room, stage):
    """For how long the worker of job a may say nothing but this before its line is cut."""
    await until(lambda: room.workers.busy)
    started = time.monotonic()
    with Line(room.workers.task("a").line, "a") as line, suppress(Cancelled):
        while True:
            line.report(0.5, stage)
            await asyncio.sleep(0.005)
    return time.monotonic() - started


def test_a_worker_that_says_the_same_for_long_hangs(tmp_path):
    async def story():
        room = Room(tmp_path, hang_seconds=0.05)
        a = await room.submit("a")
        async with room.running():
            assert 0.4 < await seconds_of_patience(room, "stuck") < 3
            await until(lambda: a.deaths == 1)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("exit_code", "stage", "code", "deaths"),
    [
        (-11, "plugin Bad.vst3", "plugin_failed", 0),
        (-6, "plugin Bad.vst3", "plugin_failed", 0),
        (0, "plugin Bad.vst3", "plugin_failed", 0),  # it called exit
        (3, "plugin Bad.vst3", "plugin_failed", 0),
        (-9, "plugin Bad.vst3", "worker_died", 2),  # for lack of memory
        (-15, "plugin Bad.vst3", "worker_died", 2),
        (-11, "analysing", "worker_died", 2),
        (1, "writing", "worker_died", 2),
    ],
)
def test_a_plugin_is_to_blame_for_what_it_does_alone(tmp_path, exit_code, stage, code, deaths):
    async def story():
        room = Room(tmp_path)
        a, b = await room.submit("a"), await room.submit("b")
        async with room.running():
            for _ in range(max(deaths, 1)):
                await until(lambda: room.workers.busy == ["a"])
                with Line(room.workers.task("a").line, "a") as line:
                    line.report(0.5, stage)
                    await until(lambda: a.stage == stage)
                    part_path(Path(a.output)).write_bytes(b"half")
                    room.workers.works[-1][1].set_exception(WorkerDied(exit_code))
                    await until(lambda: room.workers.busy != ["a"] or a.deaths)
            await until(lambda: a.ended)
            assert (a.state, a.code, a.deaths) == ("failed", code, deaths)
            assert ("Bad.vst3" in a.error) is (code == "plugin_failed")
            await until(lambda: room.workers.busy == ["b"])
            assert (room.files, b.deaths) == (["a.wav.json"], 0)

    asyncio.run(story())


def test_a_plugin_has_no_more_patience_than_silence_has(tmp_path):
    """Other work is given ten times as long to say something new."""

    async def story():
        room = Room(tmp_path, hang_seconds=0.3)
        a = await room.submit("a")
        async with room.running():
            assert 0.3 < await seconds_of_patience(room, "plugin Bad.vst3") < 2.5
            await until(lambda: a.ended)
            assert (a.state, a.code, a.deaths) == ("failed", "plugin_failed", 0)
            assert "Bad.vst3" in a.error
            assert len(room.workers.killed) == 1

    asyncio.run(story())


def test_a_plugin_that_gets_on_is_waited_for(tmp_path):
    async def story():
        room = Room(tmp_path, hang_seconds=0.3)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            with Line(room.workers.task("a").line, "a") as line:
                for step in range(20):
                    line.report(step / 20, "plugin Slow.vst3")
                    await asyncio.sleep(0.05)
            assert (a.state, room.workers.killed) == ("running", [])

    asyncio.run(story())


def test_a_pause_of_the_machine_is_no_hang(tmp_path):
    """Neither the server nor the workers did anything meanwhile; as if it were not there."""

    async def story():
        room = Room(tmp_path, hang_seconds=0.4)
        async with room.running():
            a = await room.submit("a")
            await until(lambda: room.workers.busy)
            for _ in range(3):
                await asyncio.sleep(0.05)
                time.sleep(0.6)  # this process stands still
            await asyncio.sleep(0.05)
            assert (a.state, a.deaths, room.workers.killed) == ("running", 0, [])
            await until(lambda: a.deaths == 1)  # a hang after that is found as ever

    asyncio.run(story())


def test_a_pause_leaves_cancelled_work_its_time_to_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.4)

    async def story():
        room = Room(tmp_path)
        async with room.running():
            a = await room.submit("a")
            await until(lambda: room.workers.busy)
            room.service.cancel(a)
            await asyncio.sleep(0.05)
            time.sleep(0.6)
            await asyncio.sleep(0.05)
            assert room.workers.killed == []
            await until(lambda: a.ended)
            assert len(room.workers.killed) == 1

    asyncio.run(story())


# Publishing


@pytest.mark.parametrize(
    "appear",
    [
        lambda out: out.write_bytes(b"theirs"),
        lambda out: out.mkdir(),
        lambda out: out.symlink_to("nowhere"),
    ],
)
def test_what_appeared_in_the_result_s_place_is_not_replaced(tmp_path, appear):
    async def story():
        room = Room(tmp_path)
        a, out = await room.submit("a"), room.root / "a.wav"
        async with room.running():
            await until(lambda: room.workers.busy)
            appear(out)
            before = os.lstat(out)
            room.workers.end("a")
            await until(lambda: a.ended)
            assert (a.state, a.code) == ("failed", "out_exists")
            after = os.lstat(out)
            assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
            assert room.files == ["a.wav", "a.wav.json"]

    asyncio.run(story())


def test_without_links_a_result_is_moved_and_replaces_nothing_either(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError("no links here")

    async def story():
        room = Room(tmp_path, Workers(2))
        a, b = await room.submit("a"), await room.submit("b")
        async with room.running():
            await until(lambda: len(room.workers.busy) == 2)
            monkeypatch.setattr(os, "link", no_links)
            (room.root / "b.wav").write_bytes(b"theirs")
            room.workers.end("a")
            room.workers.end("b")
            await until(lambda: a.ended and b.ended)
            assert (a.state, b.state, b.code) == ("done", "failed", "out_exists")
            assert (room.root / "a.wav").read_bytes() == RESULT
            assert (room.root / "b.wav").read_bytes() == b"theirs"

    asyncio.run(story())


def test_the_report_does_not_replace_somebody_s_file_either(tmp_path):
    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            report_path(room.root / "a.wav").write_text("theirs")
            room.workers.end("a")
            await until(lambda: a.ended)
            assert a.state == "done"
            assert report_path(room.root / "a.wav").read_text() == "theirs"

    asyncio.run(story())


def test_a_result_whose_folder_is_gone_fails_in_the_end(tmp_path):
    async def story():
        room = Room(tmp_path)
        (room.root / "sub").mkdir()
        a = await room.submit("a", "sub/a.wav")
        async with room.running():
            await until(lambda: room.workers.busy)
            (room.root / "sub").rmdir()
            room.workers.end("a", content=None)
            await until(lambda: a.ended)
            assert (a.state, a.code) == ("failed", "out_not_writable")

    asyncio.run(story())


# A crash at any moment: what the next server makes of what it finds


async def crashed(tmp_path, state, **files):
    """A folder as a crash left it: a job in ``state``, and files beside its result."""
    room = Room(tmp_path)
    job = await room.submit("a")
    job.state, job.frames, job.rate, job.seconds = state, 400, 8000, 0.5
    await room.journal.save(job)
    room.journal.close()
    for suffix, content in files.items():
        (room.root / f"a.wav{suffix}").write_bytes(content)
    return Room(tmp_path)


@pytest.mark.parametrize("state", ["queued", "running"])
@pytest.mark.parametrize("part", [None, b"half"])
def test_a_crash_before_the_result_is_whole_begins_again(tmp_path, state, part):
    """Queued with a part: the disk was too full to note that it ran."""

    async def story():
        room = await crashed(tmp_path, state)
        if part:
            (room.root / "a.wav.part").write_bytes(part)
        async with room.running():
            await until(lambda: room.workers.busy)
            assert room.files == []
            room.workers.end("a")
            await until(lambda: room.state("a") == "done")
            assert (room.root / "a.wav").read_bytes() == RESULT
            assert room.journal.jobs["a"].deaths == 0

    asyncio.run(story())


@pytest.mark.parametrize("moved", ["not yet", "half", "whole", "whole, and reported"])
def test_a_crash_after_that_publishes_what_there_is(tmp_path, moved):
    async def story():
        room = await crashed(tmp_path, "written")
        part, out = room.root / "a.wav.part", room.root / "a.wav"
        (part if moved in {"not yet", "half"} else out).write_bytes(RESULT)
        if moved == "half":  # linked, and the other name not yet removed
            os.link(part, out)
        if moved == "whole, and reported":
            report_path(out).write_text(Job("a", "", "restyle", {}, str(out), state="done").report)
        async with room.running():
            await until(lambda: room.state("a") == "done")
            assert room.workers.works == []
            assert room.files == ["a.wav", "a.wav.json"]
            assert out.read_bytes() == RESULT
            assert room.report("a.wav")["frames"] == 400
            assert room.events == [("a", "done")]

    asyncio.run(story())


def test_a_crash_after_that_with_nothing_left_begins_again(tmp_path):
    async def story():
        room = await crashed(tmp_path, "written")
        async with room.running():
            await until(lambda: room.workers.busy == ["a"])

    asyncio.run(story())


def test_a_file_that_came_during_a_crash_is_not_replaced(tmp_path):
    async def story():
        room = await crashed(tmp_path, "written")
        (room.root / "a.wav.part").write_bytes(RESULT)
        (room.root / "a.wav").write_bytes(b"theirs")
        async with room.running():
            await until(lambda: room.state("a") == "failed")
            assert (room.root / "a.wav").read_bytes() == b"theirs"
            assert room.files == ["a.wav", "a.wav.json"]

    asyncio.run(story())


def test_a_server_that_stops_puts_running_jobs_back(tmp_path):
    async def story():
        room = Room(tmp_path, Workers(2))
        for id in "abc":
            await room.submit(id)
        async with room.running():
            await until(lambda: len(room.workers.busy) == 2)
            part_path(room.root / "a.wav").write_bytes(b"half")
        assert room.workers.closed
        assert room.files == []
        assert room.events == []
        again = Room(tmp_path, Workers(3))
        assert [it.state for it in again.journal.jobs.values()] == ["queued"] * 3
        async with again.running():
            await until(lambda: again.workers.busy == ["a", "b", "c"])

    asyncio.run(story())


# The rest


@pytest.mark.parametrize("state", ["running", "written"])
def test_what_is_cancelled_while_a_crash_is_seen_to_is_not_run_again(tmp_path, state):
    async def story():
        room = await crashed(tmp_path, state)
        task = asyncio.create_task(room.service.run())
        while "a" not in room.service._scheduler._running:
            await asyncio.sleep(0)
        room.service.cancel(room.service.jobs["a"])
        await until(lambda: room.state("a") == "cancelled")
        assert room.workers.works == []
        task.cancel()
        await asyncio.wait({task})
        room.journal.close()

    asyncio.run(story())


def test_a_job_cancelled_while_its_files_are_looked_at_is_not_begun(tmp_path):
    async def story():
        looked, go_on = asyncio.Event(), asyncio.Event()

        class Slow(LookHere):
            async def look(self, inputs, output):
                looked.set()
                await go_on.wait()
                return await super().look(inputs, output)

        first = Room(tmp_path)
        await first.submit("a")
        first.journal.close()
        room = Room(tmp_path, looking=Slow(first.roots))
        async with room.running():
            await looked.wait()
            room.service.cancel(room.service.jobs["a"])
            go_on.set()
            await until(lambda: room.state("a") == "cancelled")
            assert (room.workers.works, room.files) == ([], [])

    asyncio.run(story())


def test_what_the_disk_had_no_room_for_is_written_when_it_has(tmp_path, monkeypatch):
    disk = Disk.install(monkeypatch)

    def written():
        with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
            return database.execute("SELECT state FROM jobs").fetchall()

    async def story():
        room = Room(tmp_path)
        a = await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy)
            disk.full = True
            room.workers.end("a")
            await until(lambda: a.ended)
            assert room.files == ["a.wav", "a.wav.json"]
            disk.full = False
            assert written() == [("running",)]
            await until(lambda: written() == [("done",)])
        assert Room(tmp_path).state("a") == "done"

    asyncio.run(story())
