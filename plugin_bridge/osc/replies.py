"""What a server says to a client; anything else is not from a Restyle server.

A server itself never answers any of it: two that take each other for clients would not stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from plugin_bridge.osc.addresses import COOKIE
from plugin_bridge.osc.datagram import BadArguments, BadDatagram, coerce, read

#: The types of the arguments by address; where there are several, they are tried in this order.
TYPES = {
    "/restyle/help.reply": ["sss"],
    "/restyle/version.reply": ["ssi"],
    "/restyle/status.reply": ["iiii"],
    "/restyle/preset": ["iissi"],
    "/restyle/chain": ["iiss"],
    "/restyle/param": ["ssfff"],
    "/restyle/accepted": ["si"],
    "/restyle/progress": ["sfs"],
    "/restyle/advice": ["ss"],
    "/restyle/done": ["sssiif", "si"],
    "/restyle/cancelled": ["s"],
    "/restyle/job.reply": ["ssfs"],
    "/restyle/fail": ["ssss"],
    COOKIE: ["s"],
}


class Reply(NamedTuple):
    """A message from the server, with arguments of the types in `TYPES`."""

    address: str
    arguments: tuple[Any, ...]


def is_answer(address: str) -> bool:
    """Whether only servers send to ``address``, those of later versions included."""
    return address.endswith(".reply") or (address in TYPES and address != COOKIE)


def understood(data: bytes) -> Iterator[Reply]:
    """The messages of a datagram that a Restyle server may have sent."""
    with suppress(BadDatagram):
        for address, arguments in read(data):
            for types in TYPES.get(address, ()):
                with suppress(BadArguments):
                    yield Reply(address, coerce(arguments, types))
                    break


def whose(reply: Reply) -> str:
    """The job that a reply is about; "" if it is about none."""
    match reply:
        case ("/restyle/done", ("submit", job, *_)) | ("/restyle/fail", (_, job, *_)):
            return str(job)
        case (
            "/restyle/accepted"
            | "/restyle/progress"
            | "/restyle/advice"
            | "/restyle/cancelled"
            | "/restyle/job.reply",
            (job, *_),
        ):
            return str(job)
    return ""
