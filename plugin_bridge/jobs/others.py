"""What servers that share their records tell each other of their jobs.

Whoever asks one of them for a job, or waits for its news, need not know which of them does it. How
far a job is comes from the records; its progress is not written down, and is announced.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from plugin_bridge.errors import one_line
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.journal import Journal

log = logging.getLogger("restyle.serve")

# Not searched.
TELL_SECONDS = 0.25  # between announcements of one job's progress
FRESH_SECONDS = 2.0  # after which the records know better than what was last announced
STAGE_CHARACTERS = 200  # an announcement has to stay below 8000 bytes (PostgreSQL's NOTIFY)

OnEvent = Callable[[Job, str], object]


class Others:
    """Tells other servers of this one's jobs, and knows what they tell.

    Everything is to be called in the loop.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._told: dict[str, float] = {}
        self._jobs: dict[str, tuple[Job, float]] = {}  # and when they were last heard of
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, on_event: OnEvent) -> None:
        """Call ``on_event`` with each job that another server tells of."""
        loop = asyncio.get_running_loop()

        def hear(news: Mapping[str, Any]) -> None:  # in a thread
            loop.call_soon_threadsafe(self._spawn, self._hear(news, on_event))

        self._journal.records.listen(hear)

    def known(self, id: str) -> Job | None:
        """A job that another server works on, with its progress, if it was heard of just now."""
        job, heard = self._jobs.get(id, (None, 0.0))
        return job if time.monotonic() - heard < FRESH_SECONDS else None

    def tell(self, job: Job, event: str) -> None:
        """Tell the others what has become of a job; progress not too often."""
        now = time.monotonic()
        if event == "progress" and now - self._told.get(job.id, 0.0) < TELL_SECONDS:
            return
        self._told[job.id] = now
        if event != "progress":
            self._told.pop(job.id)
        news = {"job": job.id, "owner": job.owner, "event": event, "progress": job.progress}
        self._spawn(self._announce(news | {"stage": job.stage[:STAGE_CHARACTERS]}))

    async def _announce(self, news: Mapping[str, Any]) -> None:
        try:
            await self._journal.do(self._journal.records.announce, news)
        except OSError as error:
            log.warning("nothing can be announced", extra={"error": one_line(error)})

    async def _hear(self, news: Mapping[str, Any], on_event: OnEvent) -> None:
        id, event = str(news["job"]), str(news["event"])
        job, _ = self._jobs.get(id, (None, 0.0))
        if event == "deleted":
            self._jobs.pop(id, None)
            on_event(job or Job(id, "", "", {}, "", owner=str(news["owner"])), event)
            return
        if job is None or event != "progress":
            try:
                job = await self._journal.ask(self._journal.records.find, id)
            except OSError as error:
                log.warning("the records do not answer", extra={"error": one_line(error)})
                return
        if job is None or id in self._journal.jobs:
            return
        if job.ended:
            self._jobs.pop(id, None)
        else:
            job.progress, job.stage = float(news["progress"]), str(news["stage"])
            self._jobs[id] = job, time.monotonic()
        on_event(job, event)

    def _spawn(self, steps: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
