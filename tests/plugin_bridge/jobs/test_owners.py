"""Jobs that are somebody's: whose they are, how many may be, what they cost, where they go."""

import asyncio
import json
import time

import pytest
from support.jobs import RESULT, Room, Workers, until
from support.servers import restyled_here, sound, stem

from plugin_bridge.jobs.allowance import month_begin
from plugin_bridge.jobs.owner import Owner
from plugin_bridge.jobs.records.records import Upload
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.service import JobNews
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.jobs.workers.work import Outcome

FAILED = Outcome("failed", code="unreadable", error="it is damaged")


def told(tmp_path, story, **options):
    """Run ``story(room)`` while the room's jobs are done."""

    async def run():
        room = Room(tmp_path, **options)
        async with room.running():
            return await story(room)

    return asyncio.run(run())


async def refused(room, *arguments, **more):
    with pytest.raises(Refusal) as caught:
        await room.order(*arguments, **more)
    return caught.value.code


async def done(room, *ids, **options):
    for id in ids:
        await until(lambda id=id: id in room.workers.busy)
        room.workers.end(id, **options)
        await until(lambda id=id: id not in room.service.jobs)


# Whose


def test_a_job_of_somebodys_is_nobody_elses(tmp_path):
    async def story(room):
        job = await room.order("a")
        assert await room.service.job("a", "me") is job
        for stranger in ("", "you"):
            with pytest.raises(Refusal, match="no job"):
                await room.service.job("a", stranger)
        with pytest.raises(Refusal, match="no job"):
            room.service.find("a")
        assert room.service.counts()["queued"] + room.service.counts()["running"] == 0
        room.service.cancel_all()  # as a MIDI controller does
        await done(room, "a")
        assert (await room.service.job("a", "me")).state == "done"

    told(tmp_path, story)


def test_what_was_done_is_in_storage_and_in_the_records(tmp_path):
    async def story(room):
        await room.order("a", seconds=3.0)
        await done(room, "a")
        job = await room.service.job("a", "me")
        assert (job.state, job.name, job.bytes) == ("done", "my stem.wav", len(RESULT))
        assert b"".join(room.storage.read(job.output)) == RESULT
        assert job.created <= job.started <= job.ended_at
        assert job.audio_seconds == 400 / 8000  # of the result
        assert room.files == []

    told(tmp_path, story)


def test_jobs_are_listed_the_newest_first_page_by_page(tmp_path):
    async def story(room):
        for id in "abcde":
            await room.order(id)
        await room.order("x", Owner("you"))
        first = await room.service.page("me", limit=2)
        rest = await room.service.page("me", before=first[-1].number, limit=10)
        assert [job.id for job in (*first, *rest)] == list("edcba")
        await done(room, "a")
        assert [job.id for job in await room.service.page("me", states=["done"])] == ["a"]

    told(tmp_path, story)


# The same request again


def test_the_same_request_is_the_same_job_also_when_that_has_long_ended(tmp_path):
    async def story(room):
        job = await room.order("a")
        assert await room.order("a") is job
        await done(room, "a")
        again = await room.order("a")
        assert (again.id, again.state) == ("a", "done")
        assert await refused(room, "a", request="another") == "id_taken"
        assert await refused(room, "a", Owner("you")) == "id_taken"

    told(tmp_path, story)


def test_two_at_once_are_one_job(tmp_path):
    async def story(room):
        first, second = await asyncio.gather(room.order("a"), room.order("a"))
        assert first is second
        await done(room, "a")
        assert len(await room.service.page("me")) == 1

    told(tmp_path, story)


# How many


def test_owners_take_turns(tmp_path):
    async def story(room):
        for number in range(5):
            await room.order(f"me-{number}")
        await room.order("you-0", Owner("you"))
        await until(lambda: room.workers.busy == ["me-0"])
        places = {job.id: room.service.position(job) for job in room.service.jobs.values()}
        assert places == {"me-0": 0, "you-0": 1, "me-1": 2, "me-2": 3, "me-3": 4, "me-4": 5}
        await done(room, "me-0", "you-0", "me-1")

    told(tmp_path, story)


def test_no_more_of_an_owners_jobs_run_than_may(tmp_path):
    async def story(room):
        for number in range(3):
            await room.order(f"me-{number}", Owner("me", running=2))
        await room.order("you", Owner("you"))
        await until(lambda: len(room.workers.busy) == 3)
        assert sorted(room.workers.busy) == ["me-0", "me-1", "you"]
        room.workers.end("me-1")
        await until(lambda: "me-2" in room.workers.busy)

    told(tmp_path, story, workers=Workers(4))


def test_no_more_of_an_owners_jobs_wait_than_may(tmp_path):
    async def story(room):
        owner = Owner("me", queued=2)
        for id in "abc":  # one of them runs
            await room.order(id, owner)
            await until(lambda: room.workers.busy == ["a"])
        assert await refused(room, "d", owner) == "too_many_jobs"
        assert (await room.order("e", Owner("you"))).id == "e"

    told(tmp_path, story)


def test_what_is_asked_for_counts_as_spent_until_it_fails(tmp_path):
    async def story(room):
        owner = Owner("me", quota_seconds=100.0)
        await room.order("a", owner, seconds=60.0)
        assert await refused(room, "b", owner, seconds=50.0) == "quota_exceeded"
        await room.order("c", owner, seconds=40.0)
        await until(lambda: room.workers.busy == ["a"])
        room.workers.end("a", FAILED)
        await until(lambda: "a" not in room.service.jobs)
        assert (await room.order("b", owner, seconds=50.0)).id == "b"

    told(tmp_path, story)


def test_two_requests_at_once_do_not_share_what_is_left(tmp_path):
    async def story(room):
        owner = Owner("me", quota_seconds=100.0)
        both = (room.order(id, owner, seconds=60.0) for id in "ab")
        results = await asyncio.gather(*both, return_exceptions=True)
        assert [getattr(it, "code", "accepted") for it in results].count("accepted") <= 1

    told(tmp_path, story)


def test_a_month_begins_at_midnight_of_its_first_day_in_utc():
    assert month_begin(1_700_000_000.0) == 1_698_796_800.0  # 14 and 1 November 2023


# What it costs


def test_only_what_is_done_costs_and_only_once(tmp_path):
    async def story(room):
        for id in "abc":
            await room.order(id)
        await done(room, "a")
        room.service.cancel(room.service.jobs["c"])  # it still waits
        await done(room, "b", outcome=FAILED)
        await until(lambda: "c" not in room.service.jobs)
        rows = await room.service.ask(room.service.records.usage)
        assert [(row.id, row.owner, row.audio_seconds) for row in rows] == [("a", "me", 0.05)]
        assert rows[0].work_seconds == 0.5
        assert await room.service.ask(room.service.records.used_seconds, "me", 0.0) == 0.05

    told(tmp_path, story)


def test_what_osc_sends_costs_nothing(tmp_path):
    async def story(room):
        await room.submit("a")
        await until(lambda: "a" in room.workers.busy)
        room.workers.end("a")
        await until(lambda: room.state("a") == "done")
        assert await room.service.ask(room.service.records.usage) == []

    told(tmp_path, story)


# Its end


def test_deleting_a_job_leaves_nothing_of_it_but_its_cost(tmp_path):
    async def story(room):
        stem = Upload("stem", "me", "stem.wav", "uploads/stem.wav", 1, "", 1.0, 8000, 1, 0.0, 0.0)
        await room.service.write(room.service.records.add_upload, stem)
        await room.order("a")
        await done(room, "a")
        job = await room.service.job("a", "me")
        await room.service.delete(job)
        assert [it.key for it in room.storage.walk()] == ["uploads/stem.wav"]
        with pytest.raises(Refusal):
            await room.service.job("a", "me")
        assert len(await room.service.ask(room.service.records.usage)) == 1
        assert room.events[-1] == ("a", "deleted")

    told(tmp_path, story)


def test_a_job_that_runs_is_stopped_before_it_is_deleted(tmp_path):
    async def story(room):
        job = await room.order("a")
        await until(lambda: room.workers.busy == ["a"])
        deleting = asyncio.create_task(room.service.delete(job))
        await asyncio.sleep(0.05)
        assert not deleting.done()
        room.workers.end("a", Outcome("cancelled"))
        await deleting
        assert room.events[-2:] == [("a", "cancelled"), ("a", "deleted")]

    told(tmp_path, story)


def test_a_webhook_is_owed_a_message_from_the_moment_of_the_end(tmp_path):
    async def story(room):
        await room.order("a", webhook="https://example.com/hook")
        await done(room, "a")
        now = time.time()
        records = room.service.records
        [owed] = await room.service.write(records.claim_deliveries, now + 1, now + 60)
        said = json.loads(owed.body)
        assert (owed.url, said["type"]) == ("https://example.com/hook", "job.done")
        assert (said["data"]["id"], said["data"]["name"]) == ("a", "my stem.wav")
        assert await room.service.write(records.claim_deliveries, now + 1, now + 60) == []

    told(tmp_path, story)


# Crashes


def test_jobs_of_somebodys_survive_a_crash(tmp_path):
    async def before():
        room = Room(tmp_path)
        async with room.running():
            await room.order("a")
            await room.order("b")
            await until(lambda: room.workers.busy == ["a"])

    async def after(room):
        assert [job.id for job in await room.service.page("me")] == ["b", "a"]
        await done(room, "a", "b")
        rows = await room.service.ask(room.service.records.usage)
        assert sorted(row.id for row in rows) == ["a", "b"]

    asyncio.run(before())
    told(tmp_path, after)


def test_a_job_that_was_written_when_the_server_died_is_done_and_costs_once(tmp_path):
    async def story():
        room = Room(tmp_path)
        job = await room.order("a")
        job.state, job.frames, job.rate = "written", 400, 8000
        await room.journal.save(job)
        room.journal.close()

    async def after(room):
        await until(lambda: "a" not in room.service.jobs)
        rows = await room.service.ask(room.service.records.usage)
        assert [(row.id, row.audio_seconds) for row in rows] == [("a", 0.05)]

    asyncio.run(story())
    told(tmp_path, after)


# The work


def test_the_bits_are_those_of_a_path(tmp_path):
    async def story(room):
        await room.order("a")
        await until(lambda: "a" not in room.service.jobs, 60)
        return await room.service.job("a", "me")

    stem(tmp_path / "root" / "in.wav", 0.5, 8000)
    job = told(tmp_path, story, workers=LocalWorkers(1))
    assert (job.state, job.error) == ("done", "")
    wanted = restyled_here(tmp_path / "root" / "in.wav", tmp_path / "wanted.wav")
    assert (sound(tmp_path / "data" / job.output) == wanted).all()


def test_messages_do_not_tell_where_files_are(tmp_path):
    async def story(room):
        with room.storage.writing("uploads/stem.wav") as file:
            file.write(b"RIFF no sound")
        await room.order("a")
        room.storage.remove("uploads/other.wav")
        await until(lambda: "a" not in room.service.jobs, 60)
        job = await room.service.job("a", "me")
        assert (job.state, job.code) == ("failed", "unreadable")
        assert job.error.startswith("my stem.wav ")
        assert str(tmp_path) not in job.error
        with pytest.raises(Refusal) as caught:
            await room.service.look("uploads/stem.wav", "my stem.wav")
        assert str(tmp_path) not in str(caught.value)

    told(tmp_path, story, workers=LocalWorkers(1))


def test_news_of_a_job(tmp_path):
    async def story(room):
        heard = []
        room.service.watch(heard.append)
        await room.order("a")
        await done(room, "a")
        assert [it.event for it in heard if isinstance(it, JobNews)] == ["accepted", "done"]

    told(tmp_path, story)
