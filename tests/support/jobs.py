"""The jobs room with stand-ins: workers whose work the test ends by hand, and a disk that fills."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import ClassVar

from plugin_bridge.files import sound_files
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import look_stored
from plugin_bridge.jobs.owner import Owner
from plugin_bridge.jobs.result_files import part_path, report_path
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import JobNews, Service
from plugin_bridge.jobs.workers.work import Outcome
from plugin_bridge.storage.local import LocalFiles
from support.sounds import noise

RESULT = b"the result"
WRITTEN = Outcome("written", 400, 8000, 0.5)


class Workers(Executor):
    """Workers that do as they are told: the test ends each work by hand."""

    host = "127.0.0.1"
    elsewhere = False

    def __init__(self, count=1, *, quiet=False):
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
            if task.files is None:
                part_path(Path(task.output)).write_bytes(content)
            else:
                with task.files.writing(task.output) as file:
                    file.write(content)
                outcome = outcome._replace(bytes=len(content), digest=content.hex())
        future.set_result(outcome)

    @property
    def busy(self):
        return [task.job for task, future in self.works if not future.done()]


class LookHere:
    """Looks at files in this process, which is quick to begin with."""

    def __init__(self, roots):
        self.roots = roots

    async def look(self, inputs, output):
        await asyncio.sleep(0.002)  # as a look that a process does: never at once
        return self.roots.look(inputs, output)

    async def look_stored(self, files, key, name):
        await asyncio.sleep(0.002)
        return look_stored(files, key, name, self.roots.max_seconds)


class Room:
    """A folder with a stem, a journal, and the service of both; the news of jobs are noted."""

    def __init__(self, folder, workers=None, *, looking=None, **options):
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        self.roots = Roots([self.root])
        self.journal = Journal(folder / "journal.sqlite")
        self.workers = workers or Workers()
        self.events = []
        self.looking = looking or LookHere(self.roots)
        self.storage = LocalFiles(folder / "data")
        self.service = Service(
            self.journal, self.workers, self.looking, files=self.storage, **options
        )
        self.service.watch(self._note)
        if not (self.root / "in.wav").exists():
            sound_files.write(self.root / "in.wav", sound_files.Sound(noise(0.05, 8000), 8000, 16))

    def _note(self, news):
        if isinstance(news, JobNews):
            self.events.append((news.job.id, news.event))

    async def submit(self, id, out=None, request="r", stem="in.wav"):
        settings = {"preset": "violin"}
        return await self.service.submit(
            id, request, "restyle", {"stem": stem}, out or f"{id}.wav", settings
        )

    async def order(self, id, owner=None, request="r", seconds=1.0, **more):
        """Submit a job of an owner, whose stem is in storage."""
        key = "uploads/stem.wav"
        if not (self.storage.folder / key).exists():
            with self.storage.writing(key) as file:
                file.write((self.root / "in.wav").read_bytes())
        given = id, request, "restyle", {"stem": key}, f"jobs/{id}.wav", {"preset": "violin"}
        more = {"names": {"stem": "my stem.wav"}, "audio_seconds": seconds} | more
        return await self.service.submit(*given, owner=owner or Owner("me"), **more)

    def state(self, id):
        return self.service.jobs[id].state

    def report(self, out):
        return json.loads(report_path(self.root / out).read_text())

    @property
    def files(self):
        return sorted(it.name for it in self.root.iterdir() if it.name != "in.wav")

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.service.run())
        try:
            yield self
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self.journal.close()


async def until(condition, seconds=5.0):
    """Wait until ``condition`` returns something true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


class Disk(sqlite3.Connection):
    """A connection to a database on a disk that is ``full`` when the test says so.

    With ``needs_room`` it is full only for statements that begin with that word.
    """

    full: ClassVar[bool] = False
    needs_room: ClassVar[str] = ""
    statements: ClassVar[list[str]] = []

    @classmethod
    def install(cls, monkeypatch):
        """Have all databases on such a disk, which has room, and note what is executed."""
        connect = sqlite3.connect
        monkeypatch.setattr(cls, "full", False)
        monkeypatch.setattr(cls, "statements", [])
        monkeypatch.setattr(
            sqlite3, "connect", lambda *args, **options: connect(*args, factory=cls, **options)
        )
        return cls

    def execute(self, statement, *arguments):
        self._need_room(statement)
        return super().execute(statement, *arguments)

    def executemany(self, statement, *arguments):
        self._need_room(statement)
        return super().executemany(statement, *arguments)

    def _need_room(self, statement):
        if self.full or (self.needs_room and statement.startswith(self.needs_room)):
            raise sqlite3.OperationalError("database or disk is full")
        self.statements.append(statement)
