"""Header fields and the token bucket, by themselves."""

import errno
from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from plugin_bridge.accounts.rates import Rate
from plugin_bridge.web.app import PROBLEMS
from plugin_bridge.web.rate import Bucket, Buckets
from plugin_bridge.web.speech.headers import (
    disposition,
    moment,
    name_in,
    seconds_of,
    span_of,
    wait_of,
)
from plugin_bridge.web.speech.problems import Problem, told, until_next_month


def test_a_bucket_lets_in_what_the_rate_says_and_fills_again():
    now = [0.0]
    bucket = Bucket(Rate(3, 60.0), clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_seconds == 20
    assert bucket.fields == {
        "RateLimit-Policy": '"requests";q=3;w=60',
        "RateLimit": '"requests";r=0;t=60',
    }
    now[0] = 20.0
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 1e9
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_owners_have_buckets_of_their_own_and_new_rates_count_at_once():
    buckets = Buckets(clock=lambda: 0.0)
    assert buckets.of("a", Rate(1, 1.0)).take()
    assert not buckets.of("a", Rate(1, 1.0)).take()
    assert buckets.of("b", Rate(1, 1.0)).take()
    assert buckets.of("a", Rate(2, 1.0)).take()


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        (None, None),
        ("wait=5", 5),
        ("respond-async, wait=30", 30),
        ('wait="7"', 7),
        ("wait=9999", 60),
        ("await=5", None),
        ("wait=-1", None),
        ("wait=x", None),
    ],
)
def test_the_wait_that_is_preferred(field, seconds):
    assert wait_of(field) == seconds


def test_a_name_is_sent_in_a_way_that_nothing_can_break_out_of():
    field = disposition('a"b\\ü.wav', download=True)
    assert field.isascii()
    assert field.startswith('attachment; filename="a_b__.wav"; ')
    assert name_in(field.replace("filename=", "x=")) == 'a"b\\ü.wav'
    assert name_in("attachment; filename*=klingon''x") in ("", "x")
    assert name_in("") == ""


def test_times_are_those_of_rfc_3339():
    assert moment(0) is None
    assert moment(1.5) == "1970-01-01T00:00:01.500Z"
    assert seconds_of("1970-01-02") == 86400
    assert seconds_of("1970-01-01T01:00:00+01:00") == 0
    with pytest.raises(ValueError, match="later"):
        seconds_of("later")
    for text in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        with pytest.raises(ValueError, match="out of range"):
            seconds_of(text)


def test_a_range_beyond_the_file_is_an_error_and_an_empty_file_has_none():
    assert span_of("bytes=0-4", 5) == (0, 5)
    for field, size in (("bytes=5-", 5), ("bytes=0-", 0), ("bytes=-0", 5)):
        with pytest.raises(ValueError, match=f"bytes \\*/{size}"):
            span_of(field, size)


def test_no_path_of_the_server_s_is_told():
    names = {"uploads/1.wav": "my stem.wav"}
    text = "/srv/data/uploads/1.wav is damaged: export it again."
    assert told("unreadable", text, names) == "my stem.wav is damaged: export it again."
    assert "/srv" not in told("unreadable", "/srv/data/x is damaged", names)
    assert "C:" not in told("unreadable", "C:\\data\\x is damaged", names)
    assert told("disk_full", "", {}) == "There is no room left."


def test_who_has_spent_a_month_s_quota_is_told_when_the_next_begins():
    assert until_next_month(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == 1
    assert until_next_month(datetime(2026, 2, 1, tzinfo=UTC)) == 28 * 86400
    assert int(Problem("quota_exceeded", "Spent.").headers["Retry-After"]) > 0


def test_a_bucket_that_is_away_is_said_without_its_address():
    problem = PROBLEMS[OSError](Request({"type": "http"}), OSError(errno.EIO, "no", "s3://bucket"))
    assert (problem.status_code, problem.code) == (503, "storage_busy")
    assert "bucket" not in problem.detail
