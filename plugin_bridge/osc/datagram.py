"""From bytes to OSC messages and back; hostile and broken bytes are refused.

python-osc parses and builds the messages. It trusts what it is given, so `read` first walks
through a datagram and refuses whatever would make python-osc loop, sleep or guess. The time tags of
bundles are ignored: everything is due at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

MAX_BYTES = 16 * 1024  # two paths as long as Linux allows, and room for the rest
# Not searched: the longest message, a submit with all settings, has 16 arguments.
MAX_MESSAGES = 64
MAX_ARGUMENTS = 64
MAX_DEPTH = 4  # of bundles in bundles

Argument = str | int | float | bool | None

_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = len(_BUNDLE) + 8  # and its time tag
_ADDRESS = re.compile(rb"/[!-~]*")
_PATTERN = re.compile(rb"[#*,?\[\]{}]")  # what a server might take for an address pattern
_SIZES = {"i": 4, "f": 4, "h": 8, "d": 8, "T": 0, "F": 0, "N": 0}  # bytes; s has any length
_TAGS = re.compile(rb",[ifhdTFNs]*")
_KINDS = {"s": "text", "i": "a whole number", "f": "a number"}


class BadDatagram(ValueError):  # noqa: N818
    """Bytes that are not an OSC message or bundle of a kind that is understood here."""


class BadArguments(ValueError):  # noqa: N818
    """Arguments of the wrong number or kind."""


class Message(NamedTuple):
    """An OSC address and what was sent to it."""

    address: str
    arguments: tuple[Argument, ...]


def looks_like_osc(data: bytes) -> bool:
    """Whether a look at the length and the first bytes leaves it open that `read` takes it."""
    return not len(data) % 4 and (data[:1] == b"/" or data.startswith(_BUNDLE))


def read(data: bytes) -> list[Message]:
    """The messages in a datagram, in their order.

    It takes a few milliseconds at most. Numbers may be NaN or infinite: see `coerce`.

    Raises:
        BadDatagram: it is malformed, too long, or has arguments other than 32 and 64 bit numbers,
            text, true, false and nil.
    """
    if len(data) > MAX_BYTES:
        raise BadDatagram(f"it is longer than {MAX_BYTES} bytes")
    if not data or len(data) % 4:
        raise BadDatagram("its length is not a multiple of 4")
    parts = list(islice(_parts(data, 0), MAX_MESSAGES + 1))
    if len(parts) > MAX_MESSAGES:
        raise BadDatagram(f"it holds more than {MAX_MESSAGES} messages")
    return [_message(part) for part in parts]


def coerce(arguments: Sequence[Argument], types: str) -> tuple[Argument, ...]:
    """``arguments`` as ``types``, a letter for each: s text, i an int, f a finite float.

    Clients differ in how they send a number: 2, 2.0, and true for 1 are all welcome.

    Raises:
        BadArguments: there are more or fewer, or one is of another kind.
    """
    if len(arguments) != len(types):
        raise BadArguments(f"{len(types)} arguments are expected, and {len(arguments)} were given")
    pairs = enumerate(zip(arguments, types, strict=True), 1)
    return tuple(_coerce(number, value, kind) for number, (value, kind) in pairs)


def encode(address: str, *arguments: Argument, types: str | None = None) -> bytes:
    """A datagram with one message.

    Args:
        address: where to, such as ``/restyle/version``.
        arguments: what to send.
        types: the OSC type of each, such as ``"ssif"``; None to choose by the values: s, i (h if
            32 bits do not hold it), f, T, F or N.

    Raises:
        ValueError: an argument does not fit its type, or is text that OSC cannot carry.
    """
    if types is not None and len(types) != len(arguments):
        raise ValueError(f"{address}: {len(types)} types for {len(arguments)} arguments.")
    builder = OscMessageBuilder(address)
    for number, value in enumerate(arguments):
        if isinstance(value, str) and "\0" in value:
            raise ValueError(f"{_short(value)} cannot be sent: there is a NUL in it.")
        builder.add_arg(value, None if types is None else types[number])
    try:
        return builder.build().dgram
    except (BuildError, OverflowError) as error:
        said = ", ".join(map(_short, arguments))
        raise ValueError(f"{address} {said} cannot be sent: {error}.") from error


def _parts(data: bytes, depth: int) -> Iterator[bytes]:
    """The messages in a message or bundle, each still as bytes."""
    if not data.startswith(_BUNDLE):
        yield data
        return
    if depth == MAX_DEPTH:
        raise BadDatagram(f"its bundles are nested more than {MAX_DEPTH} deep")
    if len(data) < _BUNDLE_HEAD:
        raise BadDatagram("its bundle has no time tag")
    end = _BUNDLE_HEAD
    while end < len(data):
        size = int.from_bytes(data[end : end + 4], "big", signed=True)
        start, end = end + 4, end + 4 + size
        if size <= 0 or size % 4 or end > len(data):
            raise BadDatagram(f"its bundle has an element of {size} bytes")
        yield from _parts(data[start:end], depth + 1)


def _message(data: bytes) -> Message:
    """One message, whose length is a multiple of 4."""
    end = _end_of_text(data, 0)
    address = data[:end].rstrip(b"\0")
    if not _ADDRESS.fullmatch(address) or _PATTERN.search(address):
        raise BadDatagram("its address is not plain ASCII that begins with /, or is a pattern")
    if end < len(data):  # old clients leave out the types where there are no arguments
        start, end = end, _end_of_text(data, end)
        tags = data[start:end].rstrip(b"\0")
        if not _TAGS.fullmatch(tags):
            raise BadDatagram("its arguments are of an unknown type")
        if len(tags) > 1 + MAX_ARGUMENTS:
            raise BadDatagram(f"it has more than {MAX_ARGUMENTS} arguments")
        for tag in tags[1:].decode():
            end = _end_of_text(data, end) if tag == "s" else end + _SIZES[tag]
        if end != len(data):
            raise BadDatagram("it is shorter or longer than its arguments")
    try:
        parsed = OscMessage(data)
    except (ParseError, UnicodeDecodeError) as error:
        raise BadDatagram("its text is not UTF-8") from error
    return Message(parsed.address, tuple(parsed.params))


def _end_of_text(data: bytes, start: int) -> int:
    """Where the text that begins at ``start`` ends, with its padding."""
    zero = data.find(b"\0", start)
    end = zero // 4 * 4 + 4
    if zero < 0 or any(data[zero:end]):
        raise BadDatagram("its text does not end in zeros up to a multiple of 4")
    return end


def _coerce(number: int, value: Argument, kind: str) -> Argument:
    if kind == "s" and isinstance(value, str):
        return value
    if kind != "s" and isinstance(value, (int, float)) and math.isfinite(value):
        if kind == "f":
            return float(value)
        if value == int(value) and abs(value) < 2**63:
            return int(value)
    given = _short(value)
    raise BadArguments(f"argument {number}: {_KINDS[kind]} is expected, and {given} was given")


def _short(value: Argument) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
