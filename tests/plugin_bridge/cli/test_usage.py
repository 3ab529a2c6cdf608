"""``restyle usage`` as an operator meets it."""

import contextlib
import csv
import json
import re
import time
from datetime import UTC, datetime

import pytest
from support.fake_records import FakeRecords

from plugin_bridge.accounts import keys as room
from plugin_bridge.cli import main, usage
from plugin_bridge.jobs.records.records import Usage

DAY = 86400.0


@pytest.fixture
def records(monkeypatch):
    """A database in memory with two keys, one of a customer of Stripe's."""
    it = FakeRecords()
    room.add(it, "Anna", customer="cus_Anna1")
    room.add(it, "=Bert")

    @contextlib.contextmanager
    def opened(journal, url, **options):
        yield it

    monkeypatch.setattr(usage, "opened", opened)
    return it


@pytest.fixture
def done(records):
    """Note that a job was done: its id, whose it was, and how many seconds ago it ended."""

    def note(id, owner, seconds_ago, audio=60.0):
        ended = time.time() - seconds_ago
        records.rows.append(Usage(id, owner, "restyle", audio, 6.0, 100, ended))

    return note


@pytest.fixture
def restyle(records, capsys):
    """Run a command that must succeed: what it says on stdout and on stderr."""

    def run(*arguments):
        assert main.run(["usage", *map(str, arguments)]) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out, said.err

    return run


def ids(records):
    return [key.id for key in records.keys()]  # noqa: SIM118 - no mapping


def table(said):
    return [re.split("  +", line.strip()) for line in said.splitlines()]


def cursor(said):
    return re.search(r"--after (\S+)\n\Z", said)[1]


def test_what_each_key_has_used_is_summed(restyle, records, done):
    anna, bert = ids(records)
    done("1", anna, 100)
    done("2", anna, 50 * DAY, audio=30.0)
    done("3", bert, 1)
    done("4", "page_1", 1)
    done("5", "page_2", 1)
    assert table(restyle()[0]) == [
        ["Key", "Jobs", "Minutes of audio", "Minutes of work"],
        ["=Bert", "1", "1.0", "0.1"],
        ["Anna", "2", "1.5", "0.2"],
        ["browsers", "2", "2.0", "0.2"],
    ]
    assert [row[0] for row in table(restyle("--key", "Anna")[0])] == ["Key", "Anna"]
    then = datetime.fromtimestamp(time.time() - 2 * DAY, UTC)
    assert ["Anna", "1", "1.0", "0.1"] in table(restyle("--from", then.date().isoformat())[0])
    assert table(restyle("--to", then.isoformat())[0])[1:] == [["Anna", "1", "0.5", "0.1"]]


def test_an_export_goes_on_where_the_last_one_ended(restyle, records, done):
    anna, _ = ids(records)
    for number in range(3):
        done(f"j{number}", anna, 1000 - 100 * number)
    done("young", anna, 1)
    out, err = restyle("export")
    facts = [json.loads(line) for line in out.splitlines()]
    assert [it["id"] for it in facts] == ["j0", "j1", "j2"]
    assert facts[0]["key"] == "Anna"
    assert abs(datetime.fromisoformat(facts[0]["ended"]).timestamp() - time.time() + 1000) < 60
    assert "1 job of the last minute" in err
    assert restyle("export", "--after", cursor(err))[0] == ""
    done("j3", anna, 500)
    again, later = restyle("export", "--after", cursor(err))
    assert [json.loads(line)["id"] for line in again.splitlines()] == ["j3"]
    assert cursor(restyle("export", "--after", cursor(later))[1]) == cursor(later)


def test_jobs_that_ended_in_the_same_moment_are_written_once(restyle, records):
    anna, _ = ids(records)
    ended = time.time() - 100
    rows = [Usage(f"j{n}", anna, "restyle", 1.0, 1.0, 1, ended) for n in range(3)]
    records.rows = rows[:2]
    said = restyle("export")[1]
    records.rows = rows
    [line] = restyle("export", "--after", cursor(said))[0].splitlines()
    assert json.loads(line)["id"] == "j2"


def test_a_table_is_read_by_spreadsheets_which_take_no_name_for_a_formula(restyle, records, done):
    done("j", ids(records)[1], 100)
    [row] = csv.DictReader(restyle("export", "--format", "csv")[0].splitlines())
    assert (row["id"], row["key"], row["audio_seconds"]) == ("j", "'=Bert", "60.0")


def test_stripes_events_are_those_of_customers_that_are_young_enough(restyle, records, done):
    anna, bert = ids(records)
    done("j1", anna, 100, audio=61.4)
    done("j2", bert, 100)
    done("j3", anna, 36 * DAY)
    out, err = restyle("export", "--format", "stripe", "--event-name", "minutes")
    [event] = [json.loads(line) for line in out.splitlines()]
    assert abs(event.pop("timestamp") - time.time() + 100) < 60
    assert event == {
        "event_name": "minutes",
        "identifier": "j1",
        "payload": {"stripe_customer_id": "cus_Anna1", "value": "61"},
    }
    assert "1 job of keys without --stripe-customer" in err
    assert "1 job older than 35 days" in err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--from", "yesterday"], "is no date"),
        (["--key", "Nobody"], "no key 'Nobody'"),
        (["export", "--after", "nan/x"], "is no cursor"),
        (["export", "--after", "12"], "is no cursor"),
    ],
)
def test_what_cannot_be_is_one_line(records, capsys, words, why):
    assert main.run(["usage", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"restyle: .+\n", said.err)
    assert why in said.err
