"""The journal: every job that was accepted, and how far it has got.

A job is written down before its client is told that it was accepted, and each step before it is
taken. So after a crash at any moment a job is either ``queued`` or ``running`` (and is run again),
or ``written``: its result is whole in OUT.part and only has to be moved.

The server goes by the jobs in memory, which change only in its loop. The file is written in a
thread of its own, since the disk may be slow and another program may hold the file: what comes in
while one transaction is under way goes into the next, all together. A step that cannot be written
down at once (a full disk) is written with the next, or by `Journal.flush`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.journal_file import JournalFile, Row, is_busy
from plugin_bridge.jobs.refusal import Refusal

KEPT = 2000  # jobs that have ended; older ones are answered no_such_job. Not searched

_STORED = [item.name for item in fields(Job) if item.name not in ("progress", "stage")]


@dataclass
class _New:
    """A job that is not accepted yet, and why it cannot be, once that is known."""

    job: Job
    error: Exception | None = None


class Journal:
    """The jobs of one server; a second one on the same file is refused while the first lives.

    Its coroutines are for one loop at a time.

    Args:
        path: the file; its folder is made if it is missing.
        kept: how many jobs that have ended are remembered; None for all.

    Attributes:
        jobs: by id, in the order of submission.
        gone: why no job is accepted any longer, once the file was deleted or replaced; else ``""``.

    Raises:
        ValueError: another server uses the file, or it is no journal, or a newer Restyle's.
        OSError: its folder cannot be written.
    """

    def __init__(self, path: Path, *, kept: int | None = KEPT) -> None:
        self.path = path
        self.gone = ""
        self._kept = kept
        self._file = JournalFile(path)
        self.jobs: dict[str, Job] = {job.id: job for job in self._file.jobs}
        self._next = max((job.number for job in self.jobs.values()), default=0) + 1
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="restyle-journal")
        self._unwritten: dict[str, Row] = {}
        self._new: list[_New] = []
        self._writing: asyncio.Task[bool] | None = None  # the transaction that is under way
        self._waiting: asyncio.Task[bool] | None = None  # the next one, still open to more rows
        old = self._too_many()
        with contextlib.suppress(sqlite3.Error):
            self._file.delete([job.id for job in old])
            for job in old:
                del self.jobs[job.id]

    def close(self) -> None:
        """Write what is unwritten, if that is possible, and let go of the file."""
        with contextlib.suppress(sqlite3.Error):
            if self._unwritten:
                self._thread.submit(self._file.write, list(self._unwritten.values())).result()
        self._thread.submit(self._file.close).result()
        self._thread.shutdown()

    async def add(self, job: Job) -> None:
        """Write down a new job; only then does it count as accepted.

        Raises:
            Refusal: it cannot be written down.
        """
        if self.gone:
            raise Refusal("journal_gone", self.gone)
        new = _New(job)
        self._new.append(new)
        await self._write()
        if new.error is not None:
            raise new.error
        await self.forget(self._too_many())

    async def save(self, job: Job) -> bool:
        """Write down a known job's new state; False if that has to wait."""
        self._unwritten[job.id] = _row(job)
        return await self._write()

    async def flush(self) -> bool:
        """Write down what is unwritten, and see to it that the file is there.

        Returns False if something cannot be written yet; sets `gone` if the file is gone.
        """
        if self._unwritten:
            return await self._write()
        loop = asyncio.get_running_loop()
        self._note(await loop.run_in_executor(self._thread, self._file.is_there))
        return True

    async def forget(self, jobs: Sequence[Job]) -> None:
        """Delete jobs that have ended, if the disk allows."""
        if not jobs:
            return
        # Not to be written again by a transaction that comes after this one.
        unwritten = {j.id: self._unwritten.pop(j.id) for j in jobs if j.id in self._unwritten}
        loop = asyncio.get_running_loop()
        try:
            ids = [job.id for job in jobs]
            await loop.run_in_executor(self._thread, self._file.delete, ids)
        except sqlite3.Error:
            self._unwritten = {**unwritten, **self._unwritten}
            return
        for job in jobs:
            self.jobs.pop(job.id, None)

    def unended(self) -> Iterator[Job]:
        """The jobs that still have to be seen to, in the order of submission."""
        return (job for job in self.jobs.values() if not job.ended)

    async def _write(self) -> bool:
        """Wait for a transaction that begins from now on; returns whether it succeeded."""
        if self._waiting is None or self._waiting.done():
            self._waiting = asyncio.create_task(self._write_after(self._writing))
        return await asyncio.shield(self._waiting)  # others wait for it, too

    async def _write_after(self, before: asyncio.Task[bool] | None) -> bool:
        if before is not None and not before.done():
            await asyncio.wait({before})
        self._writing, self._waiting = self._waiting, None
        new, self._new = self._new, []
        for number, it in enumerate(new, self._next):
            it.job.number = number
        saved = dict(self._unwritten)
        rows = [*saved.values(), *(_row(it.job) for it in new)]
        loop = asyncio.get_running_loop()
        try:
            self._note(await loop.run_in_executor(self._thread, self._file.write, rows))
        except Exception as error:
            for it in new:
                it.error = self._refusal(error)
            return False
        self._unwritten = {id: r for id, r in self._unwritten.items() if saved.get(id) is not r}
        for it in new:
            if self.gone:
                it.error = Refusal("journal_gone", self.gone)
            else:
                self._next = it.job.number + 1
                self.jobs[it.job.id] = it.job
        return True

    def _note(self, there: bool) -> None:
        if not there:
            self.gone = (
                f"The journal {self.path} was deleted or replaced: restart the server when the "
                "accepted jobs are done."
            )

    def _refusal(self, error: Exception) -> Exception:
        """Why a job cannot be accepted, if a transaction fails with ``error``."""
        if not isinstance(error, sqlite3.Error):
            return error
        if is_busy(error):
            return Refusal(
                "journal_busy",
                f"The journal {self.path} is locked by another program: close that one, and send "
                "the job again.",
            )
        return Refusal("disk_full", f"The journal {self.path} cannot be written: {error}.")

    def _too_many(self) -> Sequence[Job]:
        """The oldest of the jobs that have ended, if there are too many."""
        # Only at 10 % too many: one by one, each new job would cost another write to the disk.
        if self._kept is None or len(self.jobs) <= self._kept * 1.1:
            return ()
        ended = [job for job in self.jobs.values() if job.ended]
        return ended[: max(len(ended) - self._kept, 0)]


def _row(job: Job) -> Row:
    text = json.dumps({name: getattr(job, name) for name in _STORED})
    return Row(job.id, job.number, job.state, time.time(), text)
