"""The service: what any way to the jobs may ask, and who hears what becomes of it."""

import asyncio
import dataclasses

import numpy as np
import pytest
from support import mix
from support.jobs import Room, until
from support.servers import sound, stem

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.jobs.service import DefaultNews, JobNews, RefusalNews
from plugin_bridge.jobs.workers.local import LocalWorkers


@pytest.fixture
def room(tmp_path):
    room = Room(tmp_path)
    yield room
    room.journal.close()


def refused(call, *arguments):
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    return caught.value.code


async def refused_job(room, *arguments):
    with pytest.raises(Refusal) as caught:
        await room.service.submit(*arguments)
    return caught.value.code


# Jobs


def test_a_job_is_found_by_its_id_and_knows_whose_it_is(room):
    files = {"stem": "in.wav"}, "a.wav"
    given = "a", "r", "restyle", *files, {"preset": "40"}
    job = asyncio.run(room.service.submit(*given))
    assert room.service.find("a") is job
    assert (job.operation, job.owner, job.settings) == ("restyle", "", {"preset": "violin"})
    assert job.inputs == {"stem": str(room.root / "in.wav")}
    assert asyncio.run(room.submit("b")).owner == ""
    assert refused(room.service.find, "c") == "no_such_job"


@pytest.mark.parametrize(
    ("operation", "inputs", "settings", "code"),
    [
        ("mashup", {"stem": "in.wav"}, {}, "bad_request"),
        ("morph", {"a": "in.wav"}, {}, "bad_request"),
        ("restyle", {}, {"preset": "violin"}, "bad_request"),
        ("restyle", {"stem": "in.wav", "b": "in.wav"}, {"preset": "violin"}, "bad_request"),
        ("restyle", {"stem": "in.wav"}, {}, "no_such_preset"),
        ("restyle", {"stem": "in.wav"}, {"preset": "violin", "mix": 7}, "bad_setting"),
    ],
)
def test_what_an_operation_cannot_do_is_refused(room, operation, inputs, settings, code):
    given = "a", "r", operation, inputs, "a.wav", settings
    assert asyncio.run(refused_job(room, *given)) == code
    assert room.service.jobs == {}


def test_a_clip_of_a_waiting_job_is_looked_at_again_after_a_restart(tmp_path):
    async def story():
        before = Room(tmp_path)
        content = (before.root / "in.wav").read_bytes()
        for clip in ("gone.wav", "clip.wav"):
            (before.root / clip).write_bytes(content)
            files, settings = {"stem": "in.wav", "style": clip}, {"engine": "infinite"}
            await before.service.submit(clip, "r", "restyle", files, f"of {clip}", settings)
        before.journal.close()
        (before.root / "gone.wav").unlink()
        room = Room(tmp_path)
        async with room.running():
            await until(lambda: room.workers.busy and room.state("gone.wav") == "failed")
            task = room.workers.task("clip.wav")
            assert task.inputs["style"] == str(room.root / "clip.wav")
            assert task.settings == {"engine": "infinite"}
            assert room.service.jobs["gone.wav"].code == "not_found"

    asyncio.run(story())


def test_all_jobs_can_be_cancelled(room):
    async def story():
        for id in "abc":
            await room.submit(id)
        room.service.cancel_all()
        await until(lambda: len(room.events) == 3)
        assert room.service.counts() == {"cancelled": 3}
        assert room.events == [(id, "cancelled") for id in "abc"]

    asyncio.run(story())


def test_the_same_request_twice_at_once_is_one_job(room):
    async def story():
        several = await asyncio.gather(*(room.submit("a") for _ in range(5)))
        assert len({id(job) for job in several}) == 1
        assert list(room.service.jobs) == ["a"]
        several = [room.submit("b", request=request) for request in ("one", "other")]
        job, refusal = await asyncio.gather(*several, return_exceptions=True)
        assert (job.request, refusal.code) == ("one", "id_taken")

    asyncio.run(story())


def test_of_two_jobs_for_one_file_at_once_one_is_refused(room):
    async def story():
        both = [room.submit(id, "out.wav") for id in "ab"]
        job, refusal = await asyncio.gather(*both, return_exceptions=True)
        assert (job.id, refusal.code) == ("a", "out_taken")
        assert list(room.service.jobs) == ["a"]

    asyncio.run(story())


def test_jobs_that_come_at_once_fill_the_queue_and_keep_their_order(tmp_path):
    async def story():
        room = Room(tmp_path, max_queue=3)
        many = await asyncio.gather(*(room.submit(id) for id in "abcd"), return_exceptions=True)
        assert [getattr(it, "code", "") for it in many] == ["", "", "", "queue_full"]
        assert [room.service.position(it) for it in many[:3]] == [1, 2, 3]
        room.journal.close()

    asyncio.run(story())


def test_a_client_that_goes_while_its_job_is_accepted_changes_nothing(room):
    async def story():
        first = asyncio.create_task(room.submit("a"))
        await asyncio.sleep(0)
        first.cancel()
        assert (await room.submit("a")).state == "queued"

    asyncio.run(story())


# Defaults


def test_defaults_are_for_jobs_that_do_not_say(room):
    assert room.service.set_default("restyle", "preset", "kit 16") == "power-kit"
    assert room.service.set_default("restyle", "preset", "40") == "violin"
    assert room.service.set_default("restyle", "gain_db", -100) == -60.0
    files = "r", "restyle", {"stem": "in.wav"}
    job = asyncio.run(room.service.submit("a", *files, "a.wav", {"gain_db": -3}))
    assert job.settings == {"preset": "violin", "gain_db": -3.0}
    room.service.set_default("restyle", "preset", "flute")
    assert job.settings["preset"] == "violin"
    assert room.service.defaults("restyle") == {"preset": "flute", "gain_db": -60.0}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("preset", "vioiln", "no_such_preset"),
        ("preset", 40, "bad_setting"),
        ("start_seconds", 1, "bad_setting"),
        ("volume", 1, "bad_setting"),
    ],
)
def test_an_impossible_default_changes_nothing(room, name, value, code):
    heard = []
    room.service.watch(heard.append)
    assert refused(room.service.set_default, "restyle", name, value) == code
    assert refused(room.service.set_default, "remix", "mix", 1.0) == "bad_request"
    assert room.service.defaults("restyle") == {}
    assert heard == []


# News


def test_several_hear_all_news_and_one_that_fails_stops_nobody(tmp_path):
    async def story():
        room, heard = Room(tmp_path), []

        def fault(news):
            raise RuntimeError("a fault of somebody's")

        room.service.watch(fault)
        room.service.watch(heard.append)
        a, b = await room.submit("a"), await room.submit("b")
        room.service.set_default("restyle", "mix", 0.5)
        async with room.running():
            await until(lambda: room.workers.busy == ["a"])
            (room.root / "b.wav").write_bytes(b"")  # so that b fails at its start
            room.workers.end("a")
            await until(lambda: a.ended and b.ended)
            c = await room.submit("c")
            await until(lambda: room.workers.busy == ["c"])
            assert c.state == "running"
        default = DefaultNews("restyle", "mix", 0.5)
        assert heard == [default, JobNews(a, "done"), JobNews(b, "failed")]
        assert room.events == [("a", "done"), ("b", "failed")]

    asyncio.run(story())


def test_who_stops_watching_hears_no_more(room):
    heard = []
    stop = room.service.watch(heard.append)
    room.service.set_default("restyle", "mix", 0.5)
    stop()
    stop()
    room.service.set_default("restyle", "mix", 0.25)
    assert heard == [DefaultNews("restyle", "mix", 0.5)]


def test_watchers_hear_of_refusals(room):
    heard = []
    room.service.watch(heard.append)
    refused = RefusedRequest(kind="osc", job="a", text="It is too long.")
    room.service.refusals.note(refused)
    assert heard == [RefusalNews(refused)]
    assert [it.job for it in room.service.refusals.last()] == ["a"]


# Another operation


def test_an_operation_is_one_file_and_one_line(tmp_path, monkeypatch):
    """From the request to the finished file: service, journal, scheduler and a real worker."""
    monkeypatch.setitem(operations.OPERATIONS, "mix", mix.PLACE)

    async def story():
        room = Room(tmp_path, LocalWorkers(1))
        stem(room.root / "one.wav", 0.3, 8000, seed=1)
        stem(room.root / "two.wav", 0.2, 8000, seed=2)
        inputs = {"a": "one.wav", "b": "two.wav"}
        mix_of = room, "m", "r", "mix"
        assert await refused_job(*mix_of, {"a": "one.wav"}, "m.wav", {}) == "bad_request"
        assert await refused_job(*mix_of, inputs, "two.wav", {}) == "out_is_in"
        assert room.service.set_default("mix", "balance", 7) == 1.0
        job = await room.service.submit("m", "r", "mix", inputs, "m.wav", {"balance": 0.25})
        other = await room.submit("other")
        assert "balance" not in other.settings
        room.service.cancel(other)
        async with room.running():
            await until(lambda: job.ended, 60)
        assert (job.state, job.frames, job.rate) == ("done", 1600, 8000)
        one, two = (sound(room.root / name)[:1600] for name in ("one.wav", "two.wav"))
        wanted = np.float32(0.75) * one + np.float32(0.25) * two
        assert np.array_equal(sound(room.root / "m.wav"), wanted)
        again = Room(tmp_path)
        assert again.service.find("m") == dataclasses.replace(job, progress=0.0)
        again.journal.close()

    asyncio.run(story())


def test_an_operation_that_is_gone_fails_only_its_jobs(tmp_path, monkeypatch):
    async def story():
        with monkeypatch.context() as patch:
            patch.setitem(operations.OPERATIONS, "mix", mix.PLACE)
            room = Room(tmp_path)
            stem(room.root / "one.wav", 0.3, 8000)
            files = {"a": "in.wav", "b": "one.wav"}, "m.wav"
            job = await room.service.submit("m", "r", "mix", *files, {})
        await room.submit("a")
        async with room.running():
            await until(lambda: room.workers.busy == ["a"])
            assert (job.state, job.code) == ("failed", "bad_request")
            assert "update Restyle" in job.error

    asyncio.run(story())
