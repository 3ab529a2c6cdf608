"""A socket to a server, and requests over UDP, repeated until they are answered."""

from __future__ import annotations

import math
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TypeVar

from plugin_bridge.client_types import NoServer
from plugin_bridge.osc.addresses import COOKIE
from plugin_bridge.osc.datagram import encode
from plugin_bridge.osc.replies import Reply, understood

T = TypeVar("T")

# Not searched.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0  # seconds from a request to its repetition
STEADY_SECONDS = 1.0  # of a request before its pauses grow: in a flood half of all may be lost
MOST_TIMEOUTS = 4  # to wait for a server that talks, but does not answer
MOST_UNANSWERED = 2  # datagrams that are sent again after a proof: as many as go out together
REFUSED_PAUSE = 0.05  # seconds to wait when nobody listens at the port
MOST_STALE = 10_000  # old datagrams that are thrown away before a request: far more than come
STOPPED = 1.0  # seconds by which a turn has to be late to tell that this process stood still


class Connection:
    """A UDP socket that hears only the server's datagrams.

    Args:
        host: the server's name or address.
        port: its UDP port.
        on_reply: called with every reply that comes in, also those that nobody waits for.

    Attributes:
        heard: when the server last said something, on the clock of `time.monotonic`.

    Raises:
        NoServer: the host is unknown, or cannot be reached.
    """

    def __init__(self, host: str, port: int, on_reply: Callable[[Reply], None]) -> None:
        self.heard = -math.inf
        self._host, self._port, self._on_reply = host, port, on_reply
        self._unanswered: deque[bytes] = deque(maxlen=MOST_UNANSWERED)
        self._proved = -math.inf
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            # A server listens at one address: of localhost's, more likely at 127.0.0.1 than at ::1.
            family, kind, protocol, _, address = min(found, key=lambda it: it[0] != socket.AF_INET)
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise self.no_server() from error
        try:
            self._socket.connect(address)  # from here on, only the server's datagrams come in
        except OSError as error:
            self._socket.close()
            raise self.no_server() from error

    def close(self) -> None:
        """Give the port back. Calling this again does nothing."""
        self._socket.close()

    def request(
        self,
        datagram: bytes,
        answer: Callable[[Reply], T | None],
        *more: bytes,
        timeout_seconds: float,
    ) -> T:
        """Send a datagram, again and again, until ``answer`` finds the answer in a reply.

        Args:
            datagram: the question.
            answer: returns what was asked for, or None if the reply is no answer.
            more: datagrams that are sent along, which the server answers at once. As long as it
                does, the wait for ``answer`` goes on, for up to `MOST_TIMEOUTS`.
            timeout_seconds: how long to ask a server that says nothing.

        Raises:
            NoServer: there is no answer.
            Exception: what ``answer`` raises.
        """
        for _ in islice(iter(lambda: self._receive(0.0), None), MOST_STALE):
            pass  # replies to earlier requests
        self._unanswered.clear()
        started, pause = time.monotonic(), FIRST_PAUSE
        self.heard = started

        def left() -> float:  # a server that talks is asked for longer
            end = min(self.heard + timeout_seconds, started + MOST_TIMEOUTS * timeout_seconds)
            return end - time.monotonic()

        while (seconds := left()) > 0:
            for it in (datagram, *more):
                self.send(it)
            began = time.monotonic()
            for reply in self.listen(min(pause, seconds)):
                if (found := answer(reply)) is not None:
                    return found
            if (stopped := stood_still(began, pause)) > 0:
                started, self.heard = started + stopped, max(self.heard, began) + stopped
            if time.monotonic() - started >= STEADY_SECONDS:
                pause = min(2 * pause, LONGEST_PAUSE)
        raise self.no_server()

    def send(self, datagram: bytes) -> None:
        """Send a datagram, which may be lost."""
        self._unanswered.append(datagram)
        self._send(datagram)

    def _send(self, datagram: bytes) -> None:
        with suppress(OSError):  # nobody may be listening just now: it will be sent again
            self._socket.send(datagram)

    def listen(self, seconds: float) -> Iterator[Reply]:
        """The replies that come in within so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            yield from self._receive(left) or ()

    def _receive(self, seconds: float) -> list[Reply] | None:
        """The replies in the next datagram; None if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError:  # nobody listens at the port
            time.sleep(min(seconds, REFUSED_PAUSE))
            return []
        replies = list(understood(data))
        for reply in replies:
            self.heard = time.monotonic()
            if reply.address == COOKIE:
                self._prove(*reply.arguments)
            else:
                self._unanswered.clear()
                self._on_reply(reply)
        return replies

    def _prove(self, token: str) -> None:
        """Show the server that we are where we say, and repeat what it did not act on.

        Each datagram that it does not act on is answered by a token; the first is enough.
        """
        now = time.monotonic()
        if now - self._proved >= FIRST_PAUSE:
            self._proved = now
            for datagram in (encode(COOKIE, token), *self._unanswered):
                self._send(datagram)

    def no_server(self) -> NoServer:
        """The exception to raise if there is no answer."""
        return NoServer(
            f"No Restyle server answers at {self._host}:{self._port}: "
            "start one with restyle serve --root FOLDER."
        )


def stood_still(began: float, seconds: float) -> float:
    """For how long this process stood still (a lid was closed), in what was to take ``seconds``.

    It is 0 if that did not take `STOPPED` longer. A client that stood still has heard nothing, and
    what came meanwhile is still to be read: no silence of the server's may be concluded from it.
    """
    late = time.monotonic() - began - seconds
    return late if late >= STOPPED else 0.0
