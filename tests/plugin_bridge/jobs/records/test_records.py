"""What both databases do alike: nothing is lost, nothing done twice, nobody sees another's."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from support.records import OWNER, add, api_key, delivery, owned, upload, usage

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Owed, Row, Unwritable

STATES = ["queued", "running", "written", "done", "failed", "cancelled"]


def states_of(records):
    return {job.id: job.state for job in records.load()}


# Jobs


def test_a_server_finds_its_unended_jobs_again_and_those_of_nobody(records):
    whole = owned("a", names={"stem": "\x00 ü 🎻.wav"}, created=1.5, webhook="https://x", bytes=7)
    add(records, whole, *(owned(it, state=it, number=n) for n, it in enumerate(STATES, 2)))
    add(records, Job("osc", "r", "restyle", {"stem": "/s"}, "/o", number=9, state="done"))
    assert records.load()[0] == whole
    assert states_of(records) == {
        "a": "queued", "queued": "queued", "running": "running", "written": "written",
        "osc": "done",
    }  # fmt: skip


def test_progress_is_not_written_down(records):
    add(records, owned("a", progress=0.5, stage="reading"))
    found = records.find("a")
    assert (found.progress, found.stage) == (0.0, "")


def test_what_a_job_comes_to_is_found_by_its_id(records):
    add(records, owned("a"))
    done = owned("a", state="done", digest="ab", ended_at=7.0, made_of={"played": 0.5})
    assert records.write([Row(done)]) == (True, [], [])
    assert records.find("a") == done
    assert records.load() == []
    assert records.find("nobody's") is None


def test_jobs_of_nobody_are_not_found_by_those_who_ask_over_http(records):
    add(records, Job("osc", "r", "restyle", {"stem": "/s"}, "/o"))
    assert records.find("osc") is None


def test_an_id_that_is_taken_changes_nothing_of_the_job_that_has_it(records):
    add(records, owned("a"))
    stranger = owned("a", owner="another", number=2)
    rows = [Row(stranger, True, usage("a", "another"), delivery("d")), Row(owned("b"), new=True)]
    assert records.write(rows).taken == ["a"]
    assert records.find("a").owner == OWNER
    assert records.find("b") is not None
    assert (records.usage(), records.claim_deliveries(1.0, 2.0)) == ([], [])


def test_a_transaction_that_cannot_be_written_leaves_nothing(records):
    bad = Row(replace(owned("b"), number="no number"), new=True)
    with pytest.raises((Unwritable, TypeError)):
        records.write([Row(owned("a"), new=True), bad._replace(job=replace(bad.job, bytes=None))])
    assert records.load() == []


def test_an_owner_s_jobs_come_in_pages_the_newest_first(records):
    add(records, *(owned(str(n), number=n, state=STATES[n % 6]) for n in range(12)))
    add(records, owned("other", owner="another", number=99))
    pages, before = [], None
    while page := records.page(OWNER, before=before, limit=5):
        pages.append([job.number for job in page])
        before = page[-1].number
    assert pages == [[11, 10, 9, 8, 7], [6, 5, 4, 3, 2], [1, 0]]
    assert [job.number for job in records.page(OWNER, states=("done", "failed"))] == [10, 9, 4, 3]
    assert [job.number for job in records.page(OWNER, states=("done",), before=9)] == [3]
    assert records.page("nobody") == []


def test_what_an_owner_has_asked_for(records):
    jobs = [owned(it, state=it, number=n, audio_seconds=2.5) for n, it in enumerate(STATES)]
    add(records, *jobs, owned("other", owner="another", audio_seconds=100.0))
    assert records.owed(OWNER) == Owed(1, 2, 7.5)
    assert records.owed("nobody") == Owed(0, 0, 0)


def test_what_an_owner_s_files_take(records):
    add(
        records, owned("a", bytes=5_000_000_000, state="done"), owned("b", owner="another", bytes=1)
    )
    records.add_upload(upload("a"))
    assert records.bytes_of(OWNER) == 5_000_001_000
    assert records.bytes_of("nobody") == 0
    records.delete(["a"])
    records.delete_uploads(["a"])
    assert records.bytes_of(OWNER) == 0


def test_what_ended_long_ago_comes_the_oldest_first(records):
    add(records, *(owned(f"{n}", state="done", ended_at=float(n)) for n in (3, 1, 2, 9)))
    add(records, owned("waits"), Job("osc", "r", "o", {}, "/o", state="done", ended_at=1.0))
    assert [job.id for job in records.ended_before(9.0)] == ["1", "2", "3"]
    assert [job.id for job in records.ended_before(9.0, limit=1)] == ["1"]


def test_what_is_deleted_is_gone(records):
    add(records, owned("a"), owned("b"))
    records.delete(["a", "unknown"])
    assert states_of(records) == {"b": "queued"}


# Uploads


def test_an_upload_is_as_it_was_whatever_it_is_called(records):
    whole = replace(upload("a"), name="\x00 '; DROP TABLE uploads; -- 音\n🎻 \udcff")
    records.add_upload(whole)
    assert records.upload("a") == whole
    assert records.upload("b") is None
    records.delete_uploads(["a"])
    assert records.upload("a") is None


def test_uploads_that_nobody_uses_are_found(records):
    for number, name in enumerate(["old", "older", "read", "named", "new"]):
        records.add_upload(upload(name, used=float(number)))
    add(records, owned("read", state="done"))
    records.use_uploads(["named"], 50.0)
    assert records.upload("named").used == 50.0
    assert [it.id for it in records.unused_uploads(4.0)] == ["old", "older"]
    assert [it.id for it in records.unused_uploads(4.0, limit=1)] == ["old"]
    records.delete(["read"])
    assert [it.id for it in records.unused_uploads(4.0)] == ["old", "older", "read"]


def test_a_file_is_used_as_long_as_a_job_reads_it(records):
    add(records, owned("a"), owned("b"), owned("c", owner=""))
    assert records.users_of("uploads/style.wav") == 2
    assert records.users_of("uploads/a.wav") == 1
    records.write([Row(owned("a", state="done"))])
    assert records.users_of("uploads/a.wav") == 1
    records.delete(["a"])
    assert records.users_of("uploads/style.wav") == 1
    assert records.users_of("uploads/a.wav") == 0


# Keys


def test_a_name_is_one_key_s_until_that_is_revoked(records):
    first, second = api_key("key_1", "studio"), api_key("key_2", "studio")
    records.add_key(first)
    with pytest.raises(ValueError, match="There is a key 'studio'"):
        records.add_key(second)
    records.replace_key(replace(first, revoked=2.0))
    records.add_key(second)
    assert records.keys() == [replace(first, revoked=2.0), second]


def test_a_key_may_have_no_quota(records):
    records.add_key(replace(api_key("key_1", "studio"), quota_seconds=None))
    assert records.keys()[0].quota_seconds is None


def test_the_secret_is_made_once(database):
    first = database.records()
    secret = first.secret()
    assert len(secret) == 32
    assert database.accounts().secret() == secret
    first.close()
    assert database.records().secret() == secret


def test_keys_can_be_made_while_a_server_runs(database):
    server, beside = database.records(), database.accounts()
    key = api_key("key_1", "studio")
    beside.add_key(key)
    assert server.keys() == [key]
    server.write([Row(owned("a", state="done"), True, usage("a"))])
    assert beside.usage() == [usage("a")]


# Usage


def test_a_job_that_is_done_is_billed_once(records):
    add(records, owned("a"))
    for _ in range(2):
        records.write([Row(owned("a", state="done"), usage=usage("a"), delivery=delivery("d"))])
    assert records.usage() == [usage("a")]
    assert len(records.claim_deliveries(1.0, 2.0)) == 1
    records.delete(["a"])
    assert records.usage() == [usage("a")]


def test_usage_of_a_time_and_of_an_owner(records):
    for number in range(4):
        row = usage(str(number), "ab"[number % 2], ended=float(number))
        records.write([Row(owned(str(number)), new=True, usage=row)])
    assert [it.id for it in records.usage(since=1.0)] == ["1", "2", "3"]
    assert [it.id for it in records.usage(since=1.0, until=3.0)] == ["1", "2"]
    assert [it.id for it in records.usage(owner="a")] == ["0", "2"]
    assert records.used_seconds("a", since=1.0) == 10.0
    assert records.used_seconds("nobody", since=0.0) == 0.0


# Webhooks


def test_a_message_is_lent_to_one_at_a_time(records):
    rows = [Row(owned(f"{n}"), True, None, delivery(f"{n}", due=n)) for n in range(4)]
    records.write(rows)
    assert [it.id for it in records.claim_deliveries(2.0, 10.0, limit=2)] == ["0", "1"]
    assert [it.id for it in records.claim_deliveries(2.0, 10.0)] == ["2"]
    records.delete_delivery("0")
    records.postpone_delivery("1", tries=1, due=30.0)
    (again,) = records.claim_deliveries(29.0, 40.0, limit=1)
    assert again.id == "3"
    tries = {it.id: it.tries for it in records.claim_deliveries(30.0, 40.0)}
    assert tries == {"1": 1, "2": 0}


# Two at once, and one that is killed


def together(*calls):
    """What each call returns, all begun at once."""
    results, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(number):
        start.wait()
        results[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_that_make_a_key_of_one_name_one_is_refused(database):
    both = database.records(), database.accounts()

    def add_key(number):
        try:
            both[number].add_key(api_key(f"key_{number}", "studio"))
        except ValueError:
            return "refused"
        return "made"

    assert sorted(together(lambda: add_key(0), lambda: add_key(1))) == ["made", "refused"]


KILLED = """
import os, pathlib, sys
from plugin_bridge.jobs.records import sql
from plugin_bridge.jobs.records.records import Row
from support.records import add, owned, usage
place = sys.argv[1]
if place.startswith("postgresql:"):
    from plugin_bridge.jobs.records.postgres import PostgresRecords
    records = PostgresRecords(place)
else:
    from plugin_bridge.jobs.records.sqlite import SqliteRecords
    records = SqliteRecords(pathlib.Path(place))
add(records, owned("a", number=1))
insert = sql.insert
def die(table, columns):
    if table == "deliveries":
        os.kill(os.getpid(), 9)
    return insert(table, columns)
sql.insert = die
end = owned("a", number=1, state="done")
records.write([Row(end, usage=usage("a")), Row(owned("b", number=2), new=True)])
"""


def test_killed_in_the_middle_of_a_transaction(database):
    """The job has neither ended nor cost anything."""
    place = database.url or str(database.path)
    done = subprocess.run([sys.executable, "-c", KILLED, place], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    records = database.records()
    assert records.find("a").state == "queued"
    assert records.find("b") is None
    assert records.usage() == []
