"""``restyle keys`` as an operator meets it."""

import contextlib
import json
import re

import pytest
from support.fake_records import FakeRecords

from plugin_bridge.accounts.tokens import digest_of
from plugin_bridge.cli import keys, main, usage
from plugin_bridge.jobs.records.records import Usage


@pytest.fixture
def records(monkeypatch):
    """A database in memory, in place of the one that the options name."""
    it = FakeRecords()

    @contextlib.contextmanager
    def opened(journal, url, **options):
        yield it

    for command in (keys, usage):
        monkeypatch.setattr(command, "opened", opened)
    return it


@pytest.fixture
def restyle(records, capsys):
    """Run a command that must succeed: what it says on stdout and on stderr."""

    def run(*arguments):
        assert main.run([*map(str, arguments)]) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out, said.err

    return run


@pytest.fixture
def refused(records, capsys):
    """Run a command that must fail: the line that says why."""

    def run(*arguments):
        assert main.run([*map(str, arguments)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"restyle: .+\n", said.err)
        return said.err

    return run


def test_a_key_is_printed_once_alone_on_stdout(restyle, records):
    given = ["--quota-minutes", 600, "--rate", "60/min", "--jobs", 4, "--queued", 20]
    out, err = restyle("keys", "add", "Anna", *given, "--stripe-customer", "cus_1")
    [key] = records.keys()
    assert digest_of(out.rstrip("\n"), records.secret()) == key.digest
    assert "Anna" in err
    assert (key.quota_seconds, key.rate_count, key.rate_seconds) == (36000.0, 60, 60.0)
    assert (key.running, key.queued, key.customer) == (4, 20, "cus_1")
    for command in (["list"], ["list", "--json"]):
        listed = "".join(restyle("keys", *command))
        assert out.strip() not in listed
        assert key.digest not in listed


def test_the_list_says_what_each_key_may_and_has_used(restyle, records):
    restyle("keys", "add", "Anna", "--quota-minutes", 600, "--jobs", 4)
    restyle("keys", "add", "Bert [bold]")
    restyle("keys", "revoke", "Anna")
    anna, bert = records.keys()
    records.rows = [Usage("j1", bert.id, "restyle", 90.0, 3.0, 1, 9e9)]
    head, *lines = restyle("keys", "list")[0].splitlines()
    assert head.split() == (
        ["Name", "Id", "Used", "Quota", "Rate", "Jobs", "Queued", "Stripe", "Created", "Revoked"]
    )
    assert re.match(rf"Anna +{anna.id} +0.0 min +600 min +60/min +4 +any ", lines[0])
    assert re.match(rf"Bert \[bold\] +{bert.id} +1.5 min +any +60/min +any +any ", lines[1])
    assert len(re.findall(r"\d{4}-\d\d-\d\d", lines[0])) == 2
    facts = json.loads(restyle("keys", "list", "--json")[0])
    assert [(it["name"], it["used_seconds"]) for it in facts] == [("Anna", 0), ("Bert [bold]", 90)]


def test_a_rotated_key_is_another_of_the_same_owner(restyle, records):
    old = restyle("keys", "add", "Anna")[0].strip()
    new = restyle("keys", "rotate", "Anna")[0].strip()
    [key] = records.keys()
    assert new != old
    assert digest_of(new, records.secret()) == key.digest


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["add", "Anna", "--rate", "often"], "no rate"),
        (["add", "Anna", "--stripe-customer", "Anna"], "cus_"),
        (["revoke", "Nobody"], "no key 'Nobody'"),
        (["rotate", "Nobody"], "no key 'Nobody'"),
        (["add", " "], "name"),
        (["add", "Anna", "--quota-minutes", "nan"], "number of minutes"),
    ],
)
def test_what_cannot_be_is_one_line(refused, records, words, why):
    assert why in refused("keys", *words)
    assert records.keys() == []


def test_one_database_is_named(tmp_path, capsys):
    both = ["--journal", str(tmp_path / "j"), "--records", "postgresql://a"]
    assert main.run(["keys", "list", *both]) == 2
    assert "exclude each other" in capsys.readouterr().err
