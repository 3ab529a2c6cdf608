"""From datagrams to messages that are acted on, a client at a time."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

from plugin_bridge.osc.datagram import BadDatagram, Message, looks_like_osc, read
from plugin_bridge.osc.turns import Client, Turns
from plugin_bridge.osc.udp import drain, dropped

log = logging.getLogger("restyle.serve")

# At a stretch, before anything else has its turn. In a flood, these two alternate: what is not
# taken in is lost, from whomever it is, and what is taken in waits for its turn. Tried by hand on
# floods of one client and of 200: 5 ms of each lost more of what came; 5 ms of draining to each
# single message had the 200 wait for 3 s.
DRAIN_SECONDS = 0.004  # of taking datagrams in
TURN_SECONDS = 0.001  # of acting on messages
LOOK_SECONDS = 1.0  # between looks at what the system has dropped; not searched
DROPPED = "No OSC messages, or more than there was room for."

Admit = Callable[[Client, bytes], bool]
Act = Callable[[Client, Message], Coroutine[Any, Any, None] | None]
OnMalformed = Callable[[Client | None, str, int], object]


class Reception:
    """Takes datagrams in and has their messages acted on, those of each client in their order.

    Args:
        admit: says whether a client's datagram may wait for its turn; asked before it is parsed.
        act: acts on a message, or returns what will: until then that client has no other turn.
        on_malformed: is called with a client, why its datagram is not taken, and 1; or with None,
            why, and how many the system has dropped.
        udp: the transport's socket, if more may be read from it than the transport does, which is
            one datagram for each turn of the loop.

    Attributes:
        refused: how many datagrams were malformed.
        at_work: how many messages are being acted on.
    """

    def __init__(
        self, admit: Admit, act: Act, on_malformed: OnMalformed, udp: socket.socket | None
    ) -> None:
        self.refused = 0
        self._admit, self._act, self._on_malformed, self._udp = admit, act, on_malformed, udp
        self._turns = Turns()
        self._work: set[asyncio.Task[None]] = set()
        self._next: asyncio.Handle | None = None
        self._logged = 0.0
        self._dropped = 0
        self._looking: asyncio.TimerHandle | None = None
        self._open = True

    @property
    def at_work(self) -> int:
        """How many messages are acted on just now."""
        return len(self._work)

    @property
    def busy(self) -> bool:
        """Whether a message waits or is acted on."""
        return self._turns.clients > 0

    def close(self) -> None:
        """Drop what waits, and stop what is acted on."""
        self._open = False
        for handle in (self._next, self._looking):
            if handle is not None:
                handle.cancel()
        for task in self._work:
            task.cancel()

    def take_in(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take in a datagram and whatever else has come by now."""
        self._take_in(data, addr)
        if self._udp is not None:
            for it in drain(self._udp, max_seconds=DRAIN_SECONDS):
                self._take_in(*it)
        self._go_on()

    def _take_in(self, data: bytes, addr: tuple[Any, ...]) -> None:
        client = addr[:2]
        if self._turns.is_full(client):
            return  # the cheapest look comes first: most of a flood ends here
        if not looks_like_osc(data):
            self._refuse(client, "it does not begin as one, or its length is no multiple of 4")
        elif self._admit(client, data):
            self._turns.put(client, data)

    def _go_on(self) -> None:
        if self._turns and self._next is None and self._open:
            self._next = asyncio.get_running_loop().call_soon(self._take_turns)

    def _take_turns(self) -> None:
        """Have messages acted on, one of each client in turn; after a while, pause."""
        self._next = None
        end = time.monotonic() + TURN_SECONDS
        while time.monotonic() < end and (turn := self._turns.take()) is not None:
            client, queue = turn
            if not queue.messages:
                queue.messages.extend(self._read(client, queue.take()))
            work = self._act(client, queue.messages.popleft()) if queue.messages else None
            if work is None:
                self._turns.done(client)
            else:
                self._wait_for(work, client)
        self._go_on()

    def _wait_for(self, work: Coroutine[Any, Any, None], client: Client) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._work.discard(task)
            self._turns.done(client)
            self._go_on()

        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(done)

    def _read(self, client: Client, data: bytes) -> list[Message]:
        try:
            return read(data)
        except BadDatagram as error:
            self._refuse(client, str(error))
            return []

    def look_for_dropped(self) -> None:
        """Log what the system has dropped, now and each second: it never comes here."""
        if self._udp is None:
            return
        before, self._dropped = self._dropped, dropped(self._udp)
        if self._dropped > before:
            log.warning("datagrams dropped", extra={"dropped": self._dropped})
            self._on_malformed(None, DROPPED, self._dropped - before)
        again = asyncio.get_running_loop().call_later(LOOK_SECONDS, self.look_for_dropped)
        self._looking = again

    def _refuse(self, client: Client, why: str) -> None:
        """Count a malformed datagram, and log at most one a second; the client gets no answer."""
        self.refused += 1
        self._on_malformed(client, f"No OSC message: {why}.", 1)
        now = time.monotonic()
        if now - self._logged >= 1:
            self._logged = now
            extra = {"client": client[0], "refused": self.refused}
            log.warning("no OSC message: %s", why, extra=extra)
