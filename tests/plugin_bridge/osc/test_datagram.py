"""Datagrams: what is sent arrives as it was, and nothing hostile does any harm."""

import itertools
import logging
import math
import random
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from support.datagrams import HOSTILE, IN_2036, PING, SUBMIT, bundle, mutated, text

from plugin_bridge.osc.datagram import (
    MAX_BYTES,
    BadArguments,
    BadDatagram,
    Message,
    coerce,
    encode,
    read,
)

addresses = st.text("abcXYZ019/_-.+:;<>=@!$%&'()^`|~\\\"", min_size=1, max_size=30).map("/".__add__)
texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=0, max_size=40
)
values = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "h": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(width=32, allow_nan=False),
    "d": st.floats(allow_nan=False),
    "s": texts,
    "T": st.just(True),
    "F": st.just(False),
    "N": st.none(),
}
arguments = st.lists(
    st.sampled_from(sorted(values)).flatmap(
        lambda kind: values[kind].map(lambda value: (kind, value))
    ),
    max_size=20,
)


@st.composite
def messages(draw):
    """A message, and its bytes."""
    address, pairs = draw(addresses), draw(arguments)
    sent = tuple(value for _, value in pairs)
    data = encode(address, *sent, types="".join(kind for kind, _ in pairs))
    return Message(address, sent), data


# What is sent arrives


@given(messages())
def test_what_is_sent_arrives_as_it_was(case):
    message, data = case
    assert read(data) == [message]
    types = [type(value) for value in message.arguments]
    assert [type(value) for value in read(data)[0].arguments] == types


@given(st.lists(messages(), max_size=8), st.integers(0, 3))
def test_bundles_arrive_in_their_order(cases, wrappings):
    data = bundle(*(data for _, data in cases))
    for _ in range(wrappings):
        data = bundle(data)
    if len(data) <= MAX_BYTES:
        assert read(data) == [message for message, _ in cases]


def test_a_bundle_of_bundles_and_messages_is_read_in_order():
    a, b, c = (encode(f"/{name}") for name in "abc")
    found = read(bundle(a, bundle(b, bundle()), c))
    assert [message.address for message in found] == ["/a", "/b", "/c"]


def test_the_types_are_guessed_from_the_values():
    data = encode("/a", "x", 1, 2**40, 0.5, True, False, None)
    assert data[4:16] == text(b",sihfTFN")
    assert read(data) == [Message("/a", ("x", 1, 2**40, 0.5, True, False, None))]


def test_given_types_win_over_guesses():
    assert read(encode("/a", 0, 2, 1, types="ffd")) == [Message("/a", (0.0, 2.0, 1.0))]
    assert encode("/a", 0, types="f")[4:8] == text(b",f")


def test_a_message_without_types_is_one_without_arguments():
    assert read(text(b"/restyle/version")) == [Message("/restyle/version", ())]


def test_nan_and_infinity_arrive():
    (message,) = read(encode("/a", math.nan, math.inf, -math.inf))
    assert math.isnan(message.arguments[0])
    assert message.arguments[1:] == (math.inf, -math.inf)


def test_two_paths_of_the_greatest_length_fit():
    long = "/" + "ä" * 2047
    assert read(encode("/restyle/submit", "job", long, long, "violin"))[0].arguments[1] == long


def test_a_bundle_dated_2036_is_read_at_once(within):
    with within(0.1):
        assert read(bundle(PING, time_tag=IN_2036)) == [Message("/restyle/version", ())]


@pytest.mark.parametrize(
    ("given", "types"), [(("a\0b",), "s"), (("\ud800",), "s"), ((2**31,), "i"), ((1e39,), "f")]
)
def test_what_osc_cannot_carry_is_not_sent(given, types):
    with pytest.raises(ValueError, match="cannot be sent"):
        encode("/a", *given, types=types)


@pytest.mark.parametrize("types", ["", "ss", "x"])
def test_types_must_fit(types):
    with pytest.raises(ValueError, match="type"):
        encode("/a", "x", types=types)


# Hostile datagrams


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_datagram_is_refused_at_once_and_quietly(data, caplog, capsys, within):
    caplog.set_level(logging.DEBUG)
    with within(0.1), pytest.raises(BadDatagram) as caught:
        read(data)
    assert 0 < len(str(caught.value)) < 100
    assert not caplog.records
    assert capsys.readouterr() == ("", "")


def check_mutations(count, seed):
    rng = random.Random(seed)
    seeds = [PING, SUBMIT, bundle(PING, SUBMIT), bundle(bundle(bundle(SUBMIT))), *HOSTILE.values()]
    read_well, slowest = 0, 0.0
    for _ in range(count):
        data = mutated(rng, rng.choice(seeds))
        started = time.perf_counter()
        try:
            found = read(data)
        except BadDatagram:
            pass
        else:
            read_well += 1
            assert len(found) <= 64
            for message in found:
                assert message.address.startswith("/")
                assert all(isinstance(it, str | int | float | None) for it in message.arguments)
        slowest = max(slowest, time.perf_counter() - started)
    assert read_well > count / 100  # or else the damage is too great to find anything
    assert slowest < 0.25  # the machine may be busy; a few ms otherwise


def test_damaged_datagrams_are_read_or_refused():
    check_mutations(10_000, seed=0)


@pytest.mark.slow
def test_many_damaged_datagrams_are_read_or_refused():
    check_mutations(200_000, seed=1)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"/a\0\0", text(b"/a") + b",", bundle(), bundle() + b"\0\0\0"):
        with suppress(BadDatagram):
            read(start + data)


@pytest.mark.parametrize(
    "data",
    [
        text(b"/" + b"a" * (MAX_BYTES - 8)),
        encode("/a", "b" * (MAX_BYTES - 20)),
        encode("/a", *range(64)),
        bundle(*[encode("/a", *["b" * 50] * 4)] * 64),
        bundle(*[bundle()] * 800),
        bundle(bundle(bundle(*[bundle()] * 800))),
    ],
)
def test_the_dearest_datagrams_are_cheap(data, within):
    assert len(data) <= MAX_BYTES
    with within(0.1):
        read(data)


# python-osc itself


def test_what_python_osc_builds_is_read():
    builder = OscBundleBuilder(0)
    for address in ("/a", "/b"):
        builder.add_content(OscMessage(encode(address, 1, "x")))
    assert read(builder.build().dgram) == [Message("/a", (1, "x")), Message("/b", (1, "x"))]


# Coercion


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ("a", "s", "a"),
        ("", "s", ""),
        (2, "i", 2),
        (2.0, "i", 2),
        (-3.0, "i", -3),
        (True, "i", 1),
        (False, "i", 0),
        (2**62, "i", 2**62),
        (2, "f", 2.0),
        (0.5, "f", 0.5),
        (True, "f", 1.0),
    ],
)
def test_numbers_are_coerced(given, kind, expected):
    (value,) = coerce((given,), kind)
    assert value == expected
    assert type(value) is {"s": str, "i": int, "f": float}[kind]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        *itertools.product([1, 1.0, True, None], "s"),
        *itertools.product(["1", "", None, math.nan, math.inf, -math.inf], "if"),
        (0.5, "i"),
        (1e30, "i"),
    ],
)
def test_what_is_of_another_kind_is_refused(given, kind):
    with pytest.raises(BadArguments) as caught:
        coerce(("ok", given), "s" + kind)
    assert str(caught.value).startswith("argument 2: ")
    assert f"{given!r} was given" in str(caught.value)


def test_the_number_of_arguments_counts():
    assert coerce((), "") == ()
    for wrong in [(), ("a",), ("a", "b", "c")]:
        with pytest.raises(BadArguments, match=f"2 arguments .* {len(wrong)} were given"):
            coerce(wrong, "ss")


def test_what_was_given_is_said_briefly():
    with pytest.raises(BadArguments) as caught:
        coerce(("x" * 10_000,), "i")
    assert len(str(caught.value)) < 150
