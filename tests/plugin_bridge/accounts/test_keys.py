"""Keys are made, revoked and replaced."""

import re

import pytest
from support.fake_records import FakeRecords

from plugin_bridge.accounts import keys
from plugin_bridge.accounts.rates import Rate, parse_rate


@pytest.fixture
def records():
    return FakeRecords()


def test_a_key_has_256_random_bits_and_is_kept_as_a_digest_alone(records):
    first, second = keys.add(records, "Anna"), keys.add(records, "Bert")
    assert re.fullmatch(r"rk_[0-9a-f]{64}", first.token)
    assert first.token != second.token
    assert first.token[3:] not in repr(records.keys())
    assert re.fullmatch(r"key_[0-9a-f]{12}", first.key.id)


def test_a_name_is_one_keys_until_it_is_revoked(records):
    first = keys.add(records, "Anna")
    with pytest.raises(ValueError, match="There is a key 'Anna'"):
        keys.add(records, "Anna")
    assert keys.revoke(records, "Anna").revoked > 0
    second = keys.add(records, "Anna")
    assert keys.find(records, "Anna").id == second.key.id != first.key.id


def test_a_rotated_key_stays_its_owners(records):
    old = keys.add(records, "Anna", quota_seconds=60.0)
    new = keys.rotate(records, old.key.id)
    assert (new.key.id, new.key.quota_seconds) == (old.key.id, 60.0)
    assert new.token != old.token


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, "\x1b[2J"])
def test_a_name_is_a_short_line(records, name):
    with pytest.raises(ValueError, match="name is a line"):
        keys.add(records, name)


def test_unknown_names_and_customers_are_refused(records):
    with pytest.raises(ValueError, match="no key is good"):
        keys.revoke(records, "Anna")
    keys.add(records, "Bert")
    with pytest.raises(ValueError, match="choose one of Bert"):
        keys.rotate(records, "Anna")
    with pytest.raises(ValueError, match="cus_"):
        keys.add(records, "Anna", customer="acct_1")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("60/min", Rate(60, 60.0)),
        ("5/s", Rate(5, 1.0)),
        ("1000/h", Rate(1000, 3600.0)),
        ("100/10min", Rate(100, 600.0)),
        ("7/90s", Rate(7, 90.0)),
    ],
)
def test_rates_are_read_and_written_alike(text, rate):
    assert parse_rate(text) == rate
    assert str(rate) == text


@pytest.mark.parametrize("text", ["", "60", "0/min", "-1/s", "1/d", "1.5/s", "60 / min", "1/0s"])
def test_no_other_text_is_a_rate(text):
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)
