"""Refusals that are kept for the status page and told to others, however many there are."""

import asyncio
import json
import logging

import pytest

from plugin_bridge.jobs import refusals
from plugin_bridge.jobs.refusals import KEPT, KEPT_OF_OTHERS, TOLD, Refusals, RefusedRequest
from plugin_bridge.log import logging_to


def refused(job="a", kind="osc", host="127.0.0.1", text="It is too long.", **more):
    return RefusedRequest(kind=kind, host=host, job=job, text=text, **more)


def test_the_last_twenty_are_kept():
    it = Refusals()
    for number in range(30):
        it.keep(refused(str(number)))
    assert [row.job for row in it.last()] == [str(number) for number in range(30 - KEPT, 30)]
    assert all(row.when for row in it.last())


def test_alike_ones_are_one_and_counted():
    it = Refusals()
    it.keep(refused("a", port=1))
    it.keep(refused("b", port=2))
    it.keep(refused("a", port=3))  # some programs send each message from another port
    assert [(row.job, row.port, row.count) for row in it.last()] == [("b", 2, 1), ("a", 3, 2)]


@pytest.mark.parametrize("kind", ["stranger", "malformed", "http"])
def test_strangers_do_not_push_the_clients_off_the_page(kind):
    it = Refusals()
    it.keep(refused("mine"))
    for number in range(100):
        it.keep(refused(kind=kind, host=str(number)))
    assert it.last()[0].job == "mine"
    assert len(it.last()) == 1 + KEPT_OF_OTHERS
    assert it.last()[-1].host == "99"


def test_a_stranger_who_proves_itself_was_not_refused():
    it = Refusals()
    for kind, host in (("stranger", "b"), ("stranger", "c"), ("osc", "b")):
        it.keep(refused(kind=kind, host=host))
    it.forget_stranger("b")
    assert [(row.kind, row.host) for row in it.last()] == [("stranger", "c"), ("osc", "b")]


def test_of_a_flood_a_few_are_told_and_then_how_many_more(monkeypatch, tmp_path):
    monkeypatch.setattr(refusals, "WHILE_SECONDS", 0.05)
    told, path = [], tmp_path / "log"

    async def flood():
        it = Refusals(told.append)
        for number in range(500):
            it.note(refused(str(number)))
        it.note(refused("another", kind="http"))
        while len(told) < TOLD + 2:
            await asyncio.sleep(0.01)
        it.note(refused("later"))

    with logging_to(path):
        asyncio.run(flood())
    assert [it.job for it in told] == [*map(str, range(TOLD)), "another", "", "later"]
    assert (told[-2].code, told[-2].text) == ("too_many", "And 490 more requests were refused.")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [it["why"] for it in lines] == [it.text for it in told]


def test_the_log_has_who_asked_for_what_and_why_not(caplog):
    with caplog.at_level(logging.WARNING, "restyle.serve"):
        Refusals().note(refused("a", port=5, request="/restyle/submit", code="too_long"))
    (record,) = [it for it in caplog.records if it.message == "refused"]
    assert (record.client, record.port, record.job) == ("127.0.0.1", 5, "a")
    assert (record.request, record.code, record.why) == (
        "/restyle/submit",
        "too_long",
        "It is too long.",
    )
