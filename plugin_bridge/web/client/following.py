"""A job's events, as they come: a thread reads them, so that the others need not wait."""

from __future__ import annotations

import http.client
import json
import math
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from plugin_bridge.client_types import NoServer, Refused
from plugin_bridge.web.client.link import Link, Request, Stop

SILENCE = 30.0  # seconds without a word, after which there is no server
STALE = 20.0  # seconds without a word, after which to connect again; it sends one every 15 s
LINE_BYTES = 1 << 20  # of an event, at most; not searched
JOIN_SECONDS = 1.0  # for the thread to end; not searched

View = dict[str, Any]  # a job as the API shows it


class Following:
    """Follows a job while its block lasts, through restarts of the server.

    Args:
        link: the way to the server.
        path: of the job's events.

    Attributes:
        heard: when the server was last heard of, on the clock of `time.monotonic`.
        away: since when it cannot be reached, on that clock; infinite if it can be.
    """

    def __init__(self, link: Link, path: str) -> None:
        self._link, self._path = link, path
        self._news: queue.SimpleQueue[View | Exception] = queue.SimpleQueue()
        self._stop = Stop()
        self._thread = threading.Thread(target=self._read, name="restyle-events", daemon=True)
        self.heard, self.away = time.monotonic(), math.inf

    def __enter__(self) -> Following:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.now()
        self._thread.join(JOIN_SECONDS)

    def news(self, seconds: float) -> View | None:
        """The job as it is now, once something is new of it; None if not within so many seconds.

        Raises:
            Refused: the server does not know the job, or not any longer.
            NoServer: nothing answers.
        """
        try:
            found = self._news.get(timeout=seconds)
            with suppress(queue.Empty):  # only the newest counts; the end comes last
                while True:
                    found = self._news.get_nowait()
        except queue.Empty:
            return None
        if isinstance(found, Exception):
            raise found
        return found

    def _read(self) -> None:
        """Read events, and connect again where they break off, until the end or `__exit__`."""
        while not self._stop.is_set():
            self.away = time.monotonic()
            try:
                if self._read_once():
                    return
            except (Refused, NoServer) as error:
                self._news.put(error)
                return
            except (OSError, http.client.HTTPException, ValueError):
                self._stop.wait(0.1)  # it broke off: not at once again, if it always does

    def _read_once(self) -> bool:
        """Read one stream; whether the job has ended."""
        request = Request("GET", self._path, SILENCE, STALE, {"Accept": "text/event-stream"})
        with self._link.open(request, self._stop) as response:
            self.heard, self.away = time.monotonic(), math.inf
            for name, data in self._events(response):
                if name == "deleted":
                    raise Refused("no_such_job", "The job was deleted.")
                view = json.loads(data)
                self._news.put(view)
                if view["state"] in ("done", "failed", "cancelled"):
                    return True
        self._stop.wait(0.1)
        return False

    def _events(self, response: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
        """The names and data of events, one line of data each."""
        name = data = ""
        while line := response.readline(LINE_BYTES):
            self.heard = time.monotonic()
            field, _, value = line.decode().rstrip("\r\n").partition(":")
            if field == "event":
                name = value.removeprefix(" ")
            elif field == "data":
                data = value.removeprefix(" ")
            elif not field and not value:
                if data:
                    yield name, data
                name = data = ""
