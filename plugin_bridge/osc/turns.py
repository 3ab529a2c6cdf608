"""Whose message is next: a queue for each client, and turns among the clients.

The turns are those of flow queueing (RFC 8290, section 4.2): whoever has had no turn yet is new,
and those that wait for a further turn are old; new and old ones have every other turn. So one who
asks now and then does not stand in line behind those who ask without end, from however many ports.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from plugin_bridge.osc.datagram import Message

Client = tuple[str, int]  # host and port

# Limits on what clients can cost; none was searched. All in all that is 64 MB of datagrams.
MAX_CLIENTS = 1024  # with something waiting
MAX_WAITING = 256  # datagrams of one client
MAX_WAITING_BYTES = 1 << 16  # of one client: four datagrams of the longest kind


@dataclass
class Queue:
    """What of one client waits.

    Attributes:
        datagrams: as they came.
        messages: those of a datagram that was read, before the other datagrams.
        waiting_bytes: of all datagrams together.
    """

    datagrams: deque[bytes] = field(default_factory=deque)
    messages: deque[Message] = field(default_factory=deque)
    waiting_bytes: int = 0

    def put(self, data: bytes) -> bool:
        """Add a datagram; returns False if there is no room for it."""
        more = self.waiting_bytes + len(data)
        if len(self.datagrams) >= MAX_WAITING or more > MAX_WAITING_BYTES:
            return False
        self.waiting_bytes = more
        self.datagrams.append(data)
        return True

    def take(self) -> bytes:
        """The oldest datagram, which leaves the queue."""
        data = self.datagrams.popleft()
        self.waiting_bytes -= len(data)
        return data

    def __bool__(self) -> bool:
        return bool(self.messages or self.datagrams)


class Turns:
    """The queues of all clients, and who is next."""

    def __init__(self) -> None:
        self._queues: dict[Client, Queue] = {}
        self._new: OrderedDict[Client, None] = OrderedDict()
        self._old: OrderedDict[Client, None] = OrderedDict()
        self._last_was_new = False

    def put(self, client: Client, data: bytes) -> bool:
        """Queue a datagram; returns False if it was dropped, as UDP would, for want of room."""
        queue = self._queues.get(client)
        if queue is None:
            if not self._make_room():
                return False
            queue = self._queues[client] = Queue()
            self._new[client] = None
        return queue.put(data)

    def is_full(self, client: Client) -> bool:
        """Whether so much of a client's waits that no more is taken."""
        queue = self._queues.get(client)
        return queue is not None and len(queue.datagrams) >= MAX_WAITING

    def take(self) -> tuple[Client, Queue] | None:
        """Who is next, with what waits, if anyone is; until `done`, that client is not next."""
        ring = self._new if self._new and not (self._last_was_new and self._old) else self._old
        if not ring:
            return None
        self._last_was_new = ring is self._new
        client, _ = ring.popitem(last=False)
        return client, self._queues[client]

    def done(self, client: Client) -> None:
        """A client's turn is over."""
        if self._queues[client]:
            self._old[client] = None
        else:
            del self._queues[client]

    @property
    def clients(self) -> int:
        """How many wait, or have their turn."""
        return len(self._queues)

    def __bool__(self) -> bool:
        """Whether anyone is next."""
        return bool(self._new or self._old)

    def _make_room(self) -> bool:
        """Room for another client: if need be, that of the one who has just had a turn.

        Those who ask more than is answered never leave. If nobody had to, `MAX_CLIENTS` of them
        would keep out everyone else.
        """
        if len(self._queues) < MAX_CLIENTS:
            return True
        if not self._old:
            return False
        client, _ = self._old.popitem(last=True)
        del self._queues[client]
        return True
