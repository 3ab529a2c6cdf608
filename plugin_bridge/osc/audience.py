"""Who hears what: who listens to which job, who to all of them, and at which ports."""

from __future__ import annotations

import time
from collections import OrderedDict

from plugin_bridge.osc.turns import MAX_CLIENTS, Client

# Limits on what clients can cost; none was searched.
NOTIFY_SECONDS = 3600.0  # after which a notified client is forgotten
MAX_NOTIFIED = 32  # clients
MAX_LISTENERS = 8  # clients that are told of one job
MAX_JOBS = 1024  # listened to


class Audience:
    """The clients that are told of jobs without asking again."""

    def __init__(self) -> None:
        self._listeners: OrderedDict[str, OrderedDict[Client, None]] = OrderedDict()
        self._notified: dict[Client, float] = {}
        self._elsewhere: OrderedDict[Client, Client] = OrderedDict()

    @property
    def notified(self) -> list[Client]:
        """Those who are told everything, without those whose time is up."""
        now = time.monotonic()
        self._notified = {c: until for c, until in self._notified.items() if until > now}
        return list(self._notified)

    def notify(self, client: Client, port: int) -> int:
        """Tell a client everything for an hour, at ``port`` of its host if that is not 0.

        Returns the listener's number.
        """
        listener = self.end_notify(client, port)
        if port:
            self._elsewhere[client] = listener
            if len(self._elsewhere) > MAX_CLIENTS:
                self._elsewhere.popitem(last=False)
        if len(self._notified) >= MAX_NOTIFIED:
            del self._notified[min(self._notified, key=self._notified.__getitem__)]
        self._notified[listener] = time.monotonic() + NOTIFY_SECONDS
        return list(self._notified).index(listener)

    def end_notify(self, client: Client, port: int) -> Client:
        """Take a `notify` back. Returns where it went: the client, or that port of its host."""
        listener = (client[0], port or client[1])
        self._notified.pop(listener, None)
        self._elsewhere.pop(client, None)
        return listener

    def drop(self, listener: Client) -> bool:
        """Tell nothing more to a port for which others asked; returns whether any had."""
        asked = [client for client, port in self._elsewhere.items() if port == listener]
        for client in asked:
            del self._elsewhere[client]
        return self._notified.pop(listener, None) is not None or bool(asked)

    def ports(self, client: Client) -> tuple[Client, ...]:
        """Where a client listens: where it sends from and, if it said so, at another port."""
        return (client, self._elsewhere[client]) if client in self._elsewhere else (client,)

    def listen(self, client: Client, job: str) -> None:
        """Tell a client of a job from now on."""
        clients = self._listeners.setdefault(job, OrderedDict())
        clients[client] = None
        if len(clients) > MAX_LISTENERS:  # the first is the submitter, and stays
            del clients[list(clients)[1]]
        if len(self._listeners) > MAX_JOBS:
            self._listeners.popitem(last=False)

    def hearers(self, job: str) -> set[Client]:
        """All who are to be told of a job."""
        listeners = self._listeners.get(job, ())
        return {*self.notified, *(it for client in listeners for it in self.ports(client))}

    def forget(self, job: str) -> None:
        """There is nothing more to tell of a job."""
        self._listeners.pop(job, None)
