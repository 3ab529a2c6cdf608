"""What is new of an owner's jobs, as a browser's ``EventSource`` reads it.

https://html.spec.whatwg.org/multipage/server-sent-events.html. A stream begins with how the jobs
stand, so that a client that was away misses nothing; then come the steps. A client that reads
slowly gets fewer of them: what is newest, and every end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from plugin_bridge.jobs.job import ENDED, Job
from plugin_bridge.jobs.service import JobNews, News, Service

HEARTBEAT_SECONDS = 15.0  # between comments while nothing happens: proxies drop what is silent
RETRY_MILLISECONDS = 2000  # after which a browser comes back; not searched
POSITION_SECONDS = 1.0  # after a job has left the queue, until those behind it are told
MAX_POSITIONS = 100  # jobs of which that is told; not searched
OVERLAP_SECONDS = 2.0  # told twice rather than not at all: clocks of servers differ

STEP, REQUEUED = "progress", "requeued"
DELETED = "deleted"
Shown = Callable[[Job], str]  # a job as JSON, on one line


@dataclass(frozen=True)
class Event:
    """One event of a stream.

    Attributes:
        name: accepted, progress, done, failed, cancelled or deleted.
        job: its id.
        data: the job, as JSON on one line.
        time: when it happened, in Unix seconds.
    """

    name: str
    job: str
    data: str
    time: float

    @property
    def id(self) -> str:
        """What a client sends as ``Last-Event-ID`` when it comes back."""
        return f"{round(self.time * 1000)}.{self.name}"

    @property
    def text(self) -> bytes:
        """As it is sent."""
        return f"event: {self.name}\nid: {self.id}\ndata: {self.data}\n\n".encode()


def last_of(field: str | None) -> tuple[float, str]:
    """When the event of a ``Last-Event-ID`` happened, and its name; 0 and ``""`` for none."""
    number, _, name = (field or "").partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return 0.0, ""
    return int(number) / 1000, name


class Listener:
    """What one stream still has to send: of each job its newest step, and all else.

    Args:
        owner: whose jobs.
        job: the one job that matters; ``""`` for all.
    """

    def __init__(self, owner: str, job: str = "") -> None:
        self.owner, self.job = owner, job
        self._waiting: dict[tuple[str, str], Event] = {}
        self._some = asyncio.Event()
        self.closed = False

    def put(self, event: Event) -> None:
        """Have an event sent; what it makes stale is not."""
        if self.job and event.job != self.job:
            return
        self._waiting.pop((event.job, STEP), None)
        self._waiting.pop((event.job, event.name), None)
        self._waiting[event.job, event.name] = event
        self._some.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._some.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """The events as they are to be sent; for one job, up to its end."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        while not self.closed:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                yield b": \n\n"
            self._some.clear()
            while self._waiting and not self.closed:
                event = self._waiting.pop(next(iter(self._waiting)))
                yield event.text
                if self.job and event.name in (*ENDED, DELETED):
                    return


class Hub:
    """Hears the service's news, and passes them on to the streams of the jobs' owners.

    Args:
        service: the jobs.
        shown: how a job is shown.
    """

    def __init__(self, service: Service, shown: Shown) -> None:
        self._service, self._shown = service, shown
        self._listeners: dict[str, set[Listener]] = {}
        self._stop = service.watch(self._hear)
        self._moved: asyncio.TimerHandle | None = None

    def add(self, listener: Listener) -> None:
        """Have a stream hear what is new from now on."""
        self._listeners.setdefault(listener.owner, set()).add(listener)

    def remove(self, listener: Listener) -> None:
        """Have a stream hear no more."""
        others = self._listeners.get(listener.owner, set())
        others.discard(listener)
        if not others:
            self._listeners.pop(listener.owner, None)

    def count(self, owner: str) -> int:
        """How many streams an owner has."""
        return len(self._listeners.get(owner, ()))

    def event(self, job: Job, name: str) -> Event:
        """An event about a job."""
        at = job.ended_at if job.ended and job.ended_at else time.time()
        return Event(name, job.id, self._shown(job), at)

    def close(self) -> None:
        """End all streams."""
        self._stop()
        if self._moved is not None:
            self._moved.cancel()
        for listeners in list(self._listeners.values()):
            for listener in listeners:
                listener.close()

    def _hear(self, news: News) -> None:
        if not isinstance(news, JobNews):
            return
        if news.event != STEP or not news.job.progress:
            self._note_move()
        self._tell(news.job, STEP if news.event == REQUEUED else news.event)

    def _tell(self, job: Job, name: str) -> None:
        listeners = [it for it in self._listeners.get(job.owner, ()) if it.job in ("", job.id)]
        if not listeners:
            return
        event = self.event(job, name)
        for listener in listeners:
            listener.put(event)

    def _note_move(self) -> None:
        """Have those who wait be told their new places, once for all that moves at a time."""
        if self._moved is None and self._listeners:
            loop = asyncio.get_running_loop()
            self._moved = loop.call_later(POSITION_SECONDS, self._tell_positions)

    def _tell_positions(self) -> None:
        self._moved = None
        for job in self._waiting()[:MAX_POSITIONS]:
            self._tell(job, STEP)

    def _waiting(self) -> list[Job]:
        jobs = self._service.jobs.values()
        return [it for it in jobs if it.state == "queued" and it.owner in self._listeners]


def standing(jobs: Iterable[Job], since: float) -> list[tuple[Job, str]]:
    """The events that tell how jobs stand, the oldest first.

    Args:
        jobs: the newest first.
        since: Unix seconds; of those that have ended, only what ended after that counts.
    """
    told = []
    for job in jobs:
        if not job.ended:
            told.append((job, STEP if job.state != "queued" else "accepted"))
        elif since and job.ended_at >= since - OVERLAP_SECONDS:
            told.append((job, job.state))
    return told[::-1]
