"""A scheduler with workers that do as a test tells them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from plugin_bridge.files import sound_files
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.roots import Roots, part_path, report_path
from plugin_bridge.jobs.scheduler import Scheduler
from plugin_bridge.jobs.workers.work import Outcome
from support.sounds import noise

RESULT = b"the result"
WRITTEN = Outcome("written", 400, 8000, 0.5)


class Workers(Executor):
    """Workers that do as they are told: the test ends each work by hand."""

    host = "127.0.0.1"

    def __init__(self, count=1):
        self.count, self.works, self.killed, self.closed = count, [], [], False

    def submit(self, fn, /, task):
        future = Future()
        future.set_running_or_notify_cancel()
        self.works.append((task, future))
        return future

    def kill(self, future):
        self.killed.append(future)
        if not future.done():
            future.set_exception(BrokenProcessPool("killed"))

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.closed = True
        for _, future in self.works:
            if not future.done():
                future.set_exception(BrokenProcessPool("shut down"))

    def task(self, id):
        return next(task for task, future in self.works if task.job == id and not future.done())

    def end(self, id, outcome=WRITTEN, content=RESULT):
        """Let the work on a job end; what is written is ``content``."""
        task, future = next(it for it in self.works if it[0].job == id and not it[1].done())
        if outcome.state == "written" and content is not None:
            part_path(Path(task.out)).write_bytes(content)
        future.set_result(outcome)

    @property
    def busy(self):
        return [task.job for task, future in self.works if not future.done()]


class Room:
    """A folder with a stem, a journal, and the scheduler of both; its events are noted."""

    def __init__(self, folder, workers=None, **options):
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        self.journal = Journal(folder / "journal.sqlite")
        self.workers = workers or Workers()
        self.events = []
        self.scheduler = Scheduler(
            self.journal,
            self.workers,
            Roots([self.root]),
            lambda job, event: self.events.append((job.id, event)),
            **options,
        )
        if not (self.root / "in.wav").exists():
            sound_files.write(self.root / "in.wav", sound_files.Sound(noise(0.05, 8000), 8000, 16))

    def submit(self, id, out=None, request="r", stem="in.wav"):
        return self.scheduler.submit(id, request, stem, out or f"{id}.wav", "violin", {})

    def state(self, id):
        return self.journal.jobs[id].state

    def report(self, out):
        return json.loads(report_path(self.root / out).read_text())

    @property
    def files(self):
        return sorted(it.name for it in self.root.iterdir() if it.name != "in.wav")

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.scheduler.run())
        try:
            yield self
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self.journal.close()


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


class Full:
    """A database on a full disk, until there is room."""

    def __init__(self, database):
        self._database, self.full, self.in_transaction = database, True, False

    def execute(self, *arguments):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return self._database.execute(*arguments)

    def executemany(self, *arguments):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return self._database.executemany(*arguments)

    def close(self):
        self._database.close()
