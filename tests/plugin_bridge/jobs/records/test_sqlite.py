"""Records in a file: one server at a time, others beside it, and journals of other versions."""

import sqlite3
import threading
from contextlib import closing

import pytest
from support.records import add, api_key, owned, usage

from plugin_bridge.jobs.records.migrations import VERSION
from plugin_bridge.jobs.records.records import Row, Unwritable
from plugin_bridge.jobs.records.sqlite import SqliteRecords, open_beside


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
def older(path):
    """A journal as Restyle 0.1 left it, without jobs."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE jobs (id TEXT PRIMARY KEY, number INTEGER, state TEXT, changed REAL, "
            "job TEXT)"
        )
        database.execute("PRAGMA user_version = 2")


def version(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def refused(path, **options):
    """One line that names the file."""
    with pytest.raises(ValueError, match=r"journal .*journal\.sqlite") as caught:
        open_beside(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_second_server_is_refused(path):
    first = SqliteRecords(path)
    with pytest.raises(ValueError, match="Another restyle uses the journal"):
        SqliteRecords(path)
    first.close()
    SqliteRecords(path).close()


def test_reading_does_not_wait_for_writing(path):
    records = SqliteRecords(path)
    add(records, owned("a"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unwritable) as caught:
            add(records, owned("b"))
        assert caught.value.busy
        assert records.find("a") is not None
    records.close()


def test_reading_changes_nothing_of_a_transaction_under_way(path):
    """What is half written is not seen."""
    records = SqliteRecords(path)
    seen, begun, end = [], threading.Event(), threading.Event()

    def write():
        with records._transaction() as it:
            it.many("INSERT INTO meta VALUES (?, ?)", [("a", "b")])
            begun.set()
            end.wait()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    query = "SELECT value FROM meta WHERE name = 'a'"
    seen.append(records._read(query))
    end.set()
    thread.join()
    seen.append(records._read(query))
    assert seen == [[], [("b",)]]
    records.close()


def test_an_older_restyle_would_refuse_it(path):
    SqliteRecords(path).close()
    assert version(path) == VERSION > 2


# Beside a server


def test_keys_and_usage_can_be_had_while_a_server_has_it(path):
    server = SqliteRecords(path)
    beside = open_beside(path)
    beside.add_key(api_key("key_1", "studio"))
    server.write([Row(owned("a", state="done"), new=True, usage=usage("a"))])
    assert [row.id for row in beside.usage()] == ["a"]
    beside.close()
    assert server.is_there()
    add(server, owned("b"))
    assert server.is_there()
    server.close()


def test_keys_can_be_made_before_the_first_server(path):
    assert "not there" in refused(path)
    assert not path.exists()
    beside = open_beside(path, create=True)
    beside.add_key(api_key("key_1", "studio"))
    server = SqliteRecords(path)
    assert beside.keys() == server.keys() == [api_key("key_1", "studio")]
    assert beside.secret() == server.secret()
    beside.close()
    server.close()


@pytest.mark.usefixtures("older")
def test_an_older_journal_gets_keys_unless_a_server_has_it(path):
    assert "older" in refused(path)
    assert version(path) == 2
    open_beside(path, create=True).close()
    assert version(path) == VERSION


@pytest.mark.parametrize("create", [False, True])
def test_one_of_a_newer_restyle_is_left_as_it_is(path, create):
    SqliteRecords(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert "newer" in refused(path, create=create)
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [False, True])
def test_what_is_no_journal_is_left_as_it_is(path, create):
    path.parent.mkdir()
    path.write_bytes(b"a text of somebody's" * 100)
    assert "move it away" in refused(path, create=create)
    assert path.read_bytes() == b"a text of somebody's" * 100
