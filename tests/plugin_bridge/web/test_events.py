"""Events: every step of a job as it happens, and nothing is missed by who was away."""

import asyncio
import itertools
import time

import pytest
from support.web import events

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.service import JobNews
from plugin_bridge.web.events import Event, Hub, Listener, last_of, standing


@pytest.fixture(scope="module")
def sent(server, stem):
    return server.upload(stem)["id"]


def turn(sent):
    return {"operation": "turn", "first": sent, "second": sent}


def test_one_job_s_stream_tells_its_steps_and_ends_with_it(server, sent):
    job = server.submit({"stem": sent, "style": {"preset": "flute"}}).json()
    with server.http.stream("GET", job["links"]["events"]) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["x-accel-buffering"] == "no"
        found = list(events(reply.iter_lines()))
    names = [it["event"] for it in found]
    assert names[-1] == "done"
    assert set(names[:-1]) <= {"accepted", "progress"}
    assert len(names) > 1
    shares = [it["data"]["progress"] for it in found]
    assert shares == sorted(shares)
    assert found[-1]["data"] == server.http.get(job["links"]["self"]).json()
    last = {"Last-Event-ID": found[-1]["id"]}
    assert server.http.get(job["links"]["events"], headers=last).status_code == 204


def test_who_comes_late_hears_of_the_end(server, sent):
    job = server.submit(turn(sent), wait=30).json()
    with server.http.stream("GET", job["links"]["events"]) as reply:
        (found,) = events(reply.iter_lines())
    assert (found["event"], found["data"]["id"]) == ("done", job["id"])


def test_the_stream_of_all_jobs_goes_on_where_it_was_cut(server, stem):
    with server.client(cookies={"restyle": "events"}) as client:
        id = server.upload(stem, http=client)["id"]
        with client.stream("GET", "/v1/events") as reply:
            heard = events(reply.iter_lines())
            first = server.submit(turn(id), http=client).json()
            until_end = list(itertools.takewhile(lambda it: it["event"] != "done", heard))
        assert until_end[0]["event"] == "accepted"
        missed = server.submit(turn(id), http=client, wait=30).json()
        last = {"Last-Event-ID": until_end[-1]["id"]}
        with client.stream("GET", "/v1/events", headers=last) as reply:
            heard = events(reply.iter_lines())
            ended = [next(heard), next(heard)]
        assert [(it["event"], it["data"]["id"]) for it in ended] == [
            ("done", first["id"]),
            ("done", missed["id"]),
        ]


def test_deleting_and_strangers(server, stem):
    with (
        server.client(cookies={"restyle": "one"}) as one,
        server.client(cookies={"restyle": "two"}) as two,
    ):
        id = server.upload(stem, http=one)["id"]
        job = server.submit(turn(id), http=one, wait=30).json()
        other = server.upload(stem, http=two)["id"]
        with two.stream("GET", "/v1/events") as reply:
            heard = events(reply.iter_lines())
            one.delete(job["links"]["self"])
            own = server.submit(turn(other), http=two).json()
            assert next(heard)["data"]["id"] == own["id"]
        job = server.submit(turn(id), http=one, wait=30).json()
        with one.stream("GET", "/v1/events") as reply:
            heard = events(reply.iter_lines())
            time.sleep(0.2)
            one.delete(job["links"]["self"])
            assert next(heard)["event"] == "deleted"


def event(name, job="a", data="1", time=1.0):
    return Event(name, job, data, time)


def read(listener, count):
    async def run():
        stream = listener.stream()
        await anext(stream)  # the time to come back after
        return [(await anext(stream)).decode() for _ in range(count)]

    return asyncio.run(run())


def test_a_slow_reader_gets_the_newest_step_and_every_end():
    listener = Listener("me")
    for n in range(1000):
        listener.put(event("progress", data=str(n)))
        listener.put(event("progress", "b", data=str(n)))
    listener.put(event("done", data="end"))
    listener.put(event("accepted", "c"))
    listener.put(event("deleted"))
    told = read(listener, 4)
    assert [it.split("\n")[0] for it in told] == [
        "event: progress",
        "event: done",
        "event: accepted",
        "event: deleted",
    ]
    assert "data: 999" in told[0]


@pytest.mark.parametrize("id", [None, "", "x", "1e9.done", "-1.done", "9" * 20, "²"])
def test_a_last_id_that_is_none_of_ours_is_none(id):
    assert last_of(id) == (0.0, "")


def test_the_last_id_says_when_and_what():
    assert last_of(event("done", time=12.345).id) == (12.345, "done")


def test_a_stream_begins_with_what_is_under_way_and_what_was_missed():
    def job(id, state, ended_at=0.0):
        return Job(id, "", "turn", {}, "", owner="me", state=state, ended_at=ended_at)

    jobs = [
        job("e", "queued"),
        job("d", "running"),
        job("c", "done", 100.0),
        job("b", "done", 50.0),
    ]
    assert [(it.id, name) for it, name in standing(jobs, 0.0)] == [
        ("d", "progress"),
        ("e", "accepted"),
    ]
    assert [it.id for it, _ in standing(jobs, 99.0)] == ["c", "d", "e"]


class Jobs:
    """What a `Hub` needs of a service."""

    def __init__(self, *jobs):
        self.jobs = {it.id: it for it in jobs}

    def watch(self, watcher):
        self.tell = watcher
        return lambda: None


def test_who_waits_is_told_of_a_new_place(monkeypatch):
    monkeypatch.setattr("plugin_bridge.web.events.POSITION_SECONDS", 0.0)
    ended = Job("a", "", "turn", {}, "", owner="you", state="done")
    waiting = Job("b", "", "turn", {}, "", owner="me", state="queued")
    service = Jobs(waiting)

    async def run():
        hub, listener = Hub(service, lambda job: job.id), Listener("me")
        hub.add(listener)
        service.tell(JobNews(ended, "done"))
        stream = listener.stream()
        await anext(stream)
        told = await asyncio.wait_for(anext(stream), 5)
        hub.close()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        return told.decode()

    told = asyncio.run(run())
    assert told.startswith("event: progress\n")
    assert "data: b\n" in told
