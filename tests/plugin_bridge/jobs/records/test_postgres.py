"""Several servers on one PostgreSQL: one dies, one is only slow, and the database goes away."""

import sys
import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import psycopg
import pytest
from support.postgres import PASSWORD
from support.records import OWNER, add, delivery, owned, usage

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records import postgres_link
from plugin_bridge.jobs.records.opening import open_ledger, open_shared
from plugin_bridge.jobs.records.postgres import PostgresRecords
from plugin_bridge.jobs.records.records import Row, Unwritable, Written


@pytest.fixture
def url(postgres):
    return postgres.emptied()


@pytest.fixture
def server(url):
    """Starts a server on the database; all are closed at the end."""
    with ExitStack() as stack:

        def start():
            records = PostgresRecords(url)
            stack.callback(records.close)
            records.keep_alive()
            return records

        yield start


@pytest.fixture
def pass_time(url, monkeypatch):
    """Lets a minute pass, in which only some servers tell that they live."""
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + clock.more, more=0.0)
    monkeypatch.setattr(postgres_link, "time", clock)

    def let(*living):
        clock.more += 60.0
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE restyle.servers SET seen = seen - interval '1 minute'")
        for records in living:
            records.keep_alive()

    return let


# One takes over from another


def test_the_jobs_of_a_silent_server_are_taken_over_once(server, pass_time):
    dead, first, second = server(), server(), server()
    add(dead, owned("a", number=2), owned("b", state="running"), owned("c", state="done"))
    add(first, owned("mine"))
    assert first.adopt() == []
    pass_time(first, second)
    adopted = [[job.id for job in records.adopt()] for records in (first, second)]
    assert adopted == [["b", "a"], []]
    assert {job.id for job in first.load()} == {"a", "b", "mine"}


def test_of_two_that_take_over_at_once_each_job_has_one(server, pass_time):
    dead, *others = (server() for _ in range(4))
    add(dead, *(owned(f"{n}", number=n) for n in range(50)))
    pass_time(*others)
    found, start = [], threading.Barrier(3)

    def adopt(records):
        start.wait()
        found.extend(job.id for job in records.adopt())

    threads = [threading.Thread(target=adopt, args=(records,)) for records in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, found)) == list(range(50))


def test_a_server_that_closes_leaves_its_jobs_at_once(server):
    first, second = server(), server()
    add(first, owned("a"))
    first.close()
    assert [job.id for job in second.adopt()] == ["a"]


def test_one_that_was_only_slow_cannot_end_what_it_has_lost(server, pass_time):
    slow, other = server(), server()
    add(slow, owned("a"), owned("b", number=2, state="done"))
    pass_time(other)
    other.adopt()
    end = Row(owned("a", state="done"), usage=usage("a"), delivery=delivery("d"))
    kept = Row(owned("b", number=2, state="done"), usage=usage("b"))
    assert slow.write([end, kept]) == Written(True, [], ["a"])
    assert other.find("a").state == "queued"
    assert [row.id for row in other.usage()] == ["b"]
    assert other.claim_deliveries(1.0, 2.0) == []
    assert other.write([end]) == Written(True, [], [])
    assert sorted(row.id for row in other.usage()) == ["a", "b"]


def test_one_that_was_only_slow_goes_on_with_new_jobs(server, pass_time):
    slow, other = server(), server()
    pass_time(other)
    other.adopt()
    add(slow, owned("new"))
    assert other.adopt() == []
    pass_time(other)
    assert [job.id for job in other.adopt()] == ["new"]


def test_an_id_is_taken_whichever_server_has_it(server):
    first, second = server(), server()
    add(first, owned("a"))
    assert second.write([Row(owned("a", owner="b"), new=True)]).taken == ["a"]
    assert second.find("a").owner == OWNER


def test_cancelling_finds_its_way_to_the_server_that_has_the_job(server, pass_time):
    first, second, third = server(), server(), server()
    add(first, owned("a"), owned("b"))
    second.want_cancelled("a")
    assert (first.wanted(), second.wanted()) == (["a"], [])
    first.write([Row(owned("a", state="running"))])
    pass_time(second, third)
    second.adopt()
    assert (first.wanted(), second.wanted()) == ([], ["a"])
    second.write([Row(owned("a", state="cancelled"))])
    assert second.wanted() == []


def test_what_is_announced_is_heard_by_the_others(server):
    first, second = server(), server()
    heard, came = [], threading.Event()

    def hear(news):
        heard.append(news)
        came.set()

    second.listen(hear)
    first.listen(lambda news: heard.append("its own"))
    end = time.monotonic() + 10
    while not came.is_set() and time.monotonic() < end:
        first.announce({"job": "a", "progress": 0.5, "stage": "ü"})
        came.wait(0.1)
    assert heard[0] == {"job": "a", "progress": 0.5, "stage": "ü"}
    assert "its own" not in heard


# The database goes away


def test_after_a_restart_of_the_database_all_goes_on(postgres, server, pass_time):
    first, second = server(), server()
    add(first, owned("a"))
    secret = first.secret()
    postgres.stop()
    try:
        for call in (first.keep_alive, first.load, lambda: add(first, owned("b"))):
            with pytest.raises(Unwritable) as caught:
                call()
            assert caught.value.busy
            assert PASSWORD not in str(caught.value)
    finally:
        postgres.start()
    pass_time()
    assert first.secret() == secret
    second.keep_alive()
    assert second.adopt() == []  # the first could not tell that it lives
    add(first, owned("b"))
    pass_time(first, second)
    assert second.adopt() == []
    assert first.write([Row(owned("a", state="done"), usage=usage("a"))]).lost == []
    assert {job.id for job in second.page(OWNER)} == {"a", "b"}


def test_listening_goes_on_after_a_restart_of_the_database(postgres, server, monkeypatch):
    monkeypatch.setattr("plugin_bridge.jobs.records.postgres.AGAIN_SECONDS", 0.05)
    first, second = server(), server()
    came = threading.Event()
    second.listen(lambda news: came.set())
    postgres.stop()
    postgres.start()
    end = time.monotonic() + 10
    while not came.is_set() and time.monotonic() < end:
        try:
            first.announce({})
        except Unwritable:
            continue
        came.wait(0.1)
    assert came.is_set()


def cut_while_committing(monkeypatch):
    """The next transaction is committed, but nobody is told."""
    leave = psycopg.Transaction.__exit__

    def commit(self, *error):
        leave(self, *error)
        monkeypatch.setattr(psycopg.Transaction, "__exit__", leave)
        self.connection.close()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(psycopg.Transaction, "__exit__", commit)


def test_a_job_that_was_refused_as_the_connection_broke_is_not_done(server, monkeypatch):
    records = server()
    cut_while_committing(monkeypatch)
    with pytest.raises(Unwritable):
        add(records, owned("a"))
    assert records.find("a") is not None
    records.keep_alive()
    assert records.find("a") is None


def test_such_a_job_can_be_sent_again(server, monkeypatch):
    records = server()
    cut_while_committing(monkeypatch)
    with pytest.raises(Unwritable):
        add(records, owned("a", number=1))
    add(records, owned("a", number=2))
    records.keep_alive()
    assert records.find("a").number == 2


def test_an_end_that_was_written_as_the_connection_broke_costs_once(server, monkeypatch):
    records = server()
    add(records, owned("a"))
    end = Row(owned("a", state="done"), usage=usage("a"))
    cut_while_committing(monkeypatch)
    with pytest.raises(Unwritable):
        records.write([end])
    assert records.write([end]).lost == []
    assert records.usage() == [usage("a")]


def test_jobs_adopted_as_the_connection_broke_are_not_lost(server, pass_time, monkeypatch):
    dead, records = server(), server()
    add(dead, owned("a"))
    pass_time(records)
    cut_while_committing(monkeypatch)
    with pytest.raises(Unwritable):
        records.adopt()
    assert [job.id for job in records.adopt()] == ["a"]


# Opening


def test_servers_that_start_at_once_make_the_tables_once(url):
    opened, start = [], threading.Barrier(4)

    def open_it():
        start.wait()
        opened.append(PostgresRecords(url))

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({records.secret() for records in opened}) == 1
    assert len(opened) == 4
    for records in opened:
        records.close()


def test_a_newer_restyle_s_tables_are_refused(url):
    PostgresRecords(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE restyle.meta SET value = '99' WHERE name = 'version'")
    with pytest.raises(ValueError, match=r"a newer Restyle's .version 99.*update Restyle"):
        PostgresRecords(url)


def test_tables_of_others_are_left_alone(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE public.jobs (theirs TEXT)")
        connection.execute("INSERT INTO public.jobs VALUES ('a')")
    records = PostgresRecords(url)
    add(records, owned("a"))
    records.close()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT * FROM public.jobs").fetchall() == [("a",)]


@pytest.mark.parametrize(
    "wrong",
    [
        "postgresql://restyle:se%20cret@127.0.0.1:1/none",
        "postgresql://restyle:se%20cret@127.0.0.1:port/none",
        "postgresql://restyle:se%20cret@[::1/none",
        "mysql://restyle:se%20cret@127.0.0.1/none",
        "se%20cret",
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_line_without_password(wrong):
    for opening in (open_shared, lambda url: open_ledger(None, url)):
        with pytest.raises(ValueError, match="database") as caught:
            opening(wrong)
        for said in (str(caught.value), repr(caught.value.__cause__)):
            assert "cret" not in said
            assert "\n" not in said


def test_a_wrong_password_is_said_without_it(postgres):
    with pytest.raises(ValueError, match=r"database postgresql://restyle@127.*password") as caught:
        PostgresRecords(postgres.url("postgres", "horse"))
    assert "horse" not in str(caught.value)


def test_the_name_is_without_password(server, url):
    records = server()
    assert records.name.startswith("postgresql://restyle@127.0.0.1:")
    assert records.name.endswith(url.rpartition("/")[2])
    assert PASSWORD not in repr(postgres_link.Address(url))


def test_without_psycopg_the_extra_is_named(monkeypatch):
    for name in list(sys.modules):
        if name.startswith(("psycopg", "plugin_bridge.jobs.records.postgres")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"pip install 'restyle\[postgres\]'"):
        open_shared("postgresql://localhost/restyle")


def test_ids_that_postgresql_cannot_hold_are_refused(server):
    records = server()
    with pytest.raises(Unwritable):
        add(records, Job("\x00", "r", "restyle", {}, "/o"))
    assert records.load() == []
