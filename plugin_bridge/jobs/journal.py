"""The journal: every job that was accepted, and how far it has got.

A job is written down before its client is told that it was accepted, and each step before it is
taken. So after a crash at any moment a job is either ``queued`` or ``running`` (and is run again),
or ``written``: its result is whole in OUT.part and only has to be moved.

The server goes by the jobs in memory, which change only in its loop. The records are written in a
thread of its own, since the disk may be slow and another program may hold the file: what comes in
while one transaction is under way goes into the next, all together. A step that cannot be written
down at once (a full disk) is written with the next, or by `Journal.flush`.

Jobs that somebody owns leave the memory when their end is written down; who asks for them then
asks the records.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from plugin_bridge.jobs.counts import Counts
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import (
    Delivery,
    Records,
    Row,
    Unwritable,
    Usage,
    Written,
)
from plugin_bridge.jobs.records.sqlite import SqliteRecords
from plugin_bridge.jobs.refusal import Refusal

KEPT = 2000  # jobs that have ended; older ones are answered no_such_job. Not searched

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass
class _New:
    """A job that is not accepted yet, and why it cannot be, once that is known."""

    job: Job
    error: Exception | None = None


class Journal:
    """The jobs of one server; a second one on the same file is refused while the first lives.

    Its coroutines are for one loop at a time.

    Args:
        path: the file, if there are no ``records``; its folder is made if it is missing.
        records: where it is all written down, in place of a file; `close` closes them.
        kept: how many jobs that have ended and that nobody owns are remembered; None for all.
        on_lost: called in the loop with a job of this server's that another server has taken over:
            it is no longer in `jobs`, and must not be worked on. A `save` that finds this out
            returns after the call.

    Attributes:
        jobs: by id, in the order of submission: all that have not ended, and those that have, but
            belong to nobody.
        records: where it is all written down; to be used by `ask` and `do`.
        gone: why no job is accepted any longer, once the file was deleted or replaced; else ``""``.

    Raises:
        ValueError: another server uses the file, or it is no journal, or a newer Restyle's.
        OSError: its folder cannot be written.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        records: Records | None = None,
        kept: int | None = KEPT,
        on_lost: Callable[[Job], object] = lambda job: None,
    ) -> None:
        if records is None:
            assert path is not None, "a journal needs a file or records"
            records = SqliteRecords(path)
        self.path, self.records, self.on_lost = path, records, on_lost
        self.gone = ""
        self._kept = kept
        self.jobs: dict[str, Job] = {}
        self._counts = Counts()
        self._last = 0  # the number of the job that was accepted last
        try:
            self.take(records.load())
        except BaseException:
            records.close()
            raise
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="restyle-journal")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="restyle-records")
        self._unwritten: dict[str, Row] = {}
        self._late: set[str] = set()  # jobs that ended, and leave once that is written down
        self._new: list[_New] = []
        self._writing: asyncio.Task[bool] | None = None  # the transaction that is under way
        self._waiting: asyncio.Task[bool] | None = None  # the next one, still open to more rows
        old = self._too_many()
        with contextlib.suppress(Unwritable):
            records.delete([job.id for job in old])
            self._drop(job.id for job in old)

    def close(self) -> None:
        """Write what is unwritten, if that is possible, and let go of the records."""
        self._reader.shutdown()
        with contextlib.suppress(Unwritable):
            if self._unwritten:
                self._thread.submit(self.records.write, list(self._unwritten.values())).result()
        self._thread.submit(self.records.close).result()
        self._thread.shutdown()

    async def ask(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a method of the records that reads, in the thread for that. Raises `Unwritable`."""
        return await _call(self._reader, fn, *args, **kwargs)

    async def do(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a method of the records that writes, in the thread for that. Raises `Unwritable`."""
        return await _call(self._thread, fn, *args, **kwargs)

    async def add(self, job: Job) -> None:
        """Write down a new job; only then does it count as accepted.

        Raises:
            Refusal: it cannot be written down, or another job has its id.
        """
        if self.gone:
            raise Refusal("journal_gone", self.gone)
        new = _New(job)
        self._new.append(new)
        await self._write()
        if new.error is not None:
            raise new.error
        await self.forget(self._too_many())

    def take(self, jobs: Iterable[Job]) -> None:
        """Have jobs in memory that are this server's by the records: they are its own from now."""
        for job in sorted(jobs, key=lambda job: job.number):
            self.jobs[job.id] = job
            self._counts.note(job)
            self._last = max(self._last, job.number)

    async def adopt(self) -> list[Job]:
        """Take over the jobs of servers that are gone; returns them. Raises `Unwritable`."""
        adopted = await self.do(self.records.adopt)
        jobs = [job for job in adopted if job.id not in self.jobs]
        self.take(jobs)
        return jobs

    async def save(
        self, job: Job, usage: Usage | None = None, delivery: Delivery | None = None
    ) -> bool:
        """Write down a known job's new state; False if that has to wait.

        If the state is an end and the job has an owner, it then leaves `jobs`.

        Args:
            job: the job as it is now, or a copy of it as it is to be.
            usage: goes into the same transaction, however long it has to wait.
            delivery: goes there, too.
        """
        before = self._unwritten.get(job.id)
        if before is not None:
            usage, delivery = usage or before.usage, delivery or before.delivery
        self._unwritten[job.id] = Row(replace(job), usage=usage, delivery=delivery)
        if job.id in self.jobs:
            self._counts.note(job)
        written = await self._write()
        if job.ended and job.owner:
            if written:
                self._drop([job.id])
            else:
                self._late.add(job.id)
        return written

    async def flush(self) -> bool:
        """Write down what is unwritten, and see to it that the file is there.

        Returns False if something cannot be written yet; sets `gone` if the file is gone.
        """
        if self._unwritten and not await self._write():
            return False
        late, self._late = self._late, set()
        self._drop(late)
        self._note(await self.do(self.records.is_there))
        return True

    async def forget(self, jobs: Sequence[Job]) -> bool:
        """Delete jobs that have ended, in memory or not; False if the disk does not allow it."""
        if not jobs:
            return True
        # Not to be written again by a transaction that comes after this one.
        unwritten = {j.id: self._unwritten.pop(j.id) for j in jobs if j.id in self._unwritten}
        try:
            await self.do(self.records.delete, [job.id for job in jobs])
        except Unwritable:
            self._unwritten = {**unwritten, **self._unwritten}
            return False
        self._drop(job.id for job in jobs)
        return True

    def unended(self) -> Iterator[Job]:
        """The jobs that still have to be seen to, in the order of submission."""
        return (job for job in self.jobs.values() if not job.ended)

    def counts(self, owner: str | None = None) -> Counter[str]:
        """How many of the jobs in memory are in each state, of all owners or of one.

        Each counts as it was last accepted or saved, also if that has still to be written down. It
        takes as long for one job as for a million.
        """
        return self._counts.of(owner)

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
        rows = [*saved.values(), *(Row(replace(it.job), new=True) for it in new)]
        try:
            written = await self.do(self.records.write, rows)
        except Exception as error:
            for it in new:
                it.error = self._refusal(error)
            return False
        self._unwritten = {id: r for id, r in self._unwritten.items() if saved.get(id) is not r}
        self._note(written.there)
        self._accept(new, written)
        self._lose(written.lost)
        return True

    @property
    def _next(self) -> int:
        """The number of the next job; of jobs of several servers, mostly in the order of time."""
        if not self.records.shared:
            return self._last + 1
        return max(self._last + 1, time.time_ns() // 1000)

    def _accept(self, new: Sequence[_New], written: Written) -> None:
        """Have new jobs in memory, if they were written down where they will be found."""
        for it in new:
            if self.gone:
                it.error = Refusal("journal_gone", self.gone)
            elif it.job.id in written.taken:
                text = f"{it.job.id} is another job: give this one an id of its own."
                it.error = Refusal("id_taken", text)
            else:
                self.take([it.job])

    def _lose(self, ids: Iterable[str]) -> None:
        """Let go of jobs that another server has taken over."""
        for id in ids:
            self._unwritten.pop(id, None)
            job = self.jobs.get(id)
            self._drop([id])
            if job is not None:
                self.on_lost(job)

    def _drop(self, ids: Iterable[str]) -> None:
        for id in ids:
            self.jobs.pop(id, None)
            self._counts.forget(id)

    def _note(self, there: bool) -> None:
        if not there:
            self.gone = (
                f"The journal {self.records.name} was deleted or replaced: restart the server "
                "when the accepted jobs are done."
            )

    def _refusal(self, error: Exception) -> Exception:
        """Why a job cannot be accepted, if a transaction fails with ``error``."""
        if not isinstance(error, Unwritable):
            return error
        name = self.records.name
        if error.busy and self.records.shared:
            return Refusal(
                "journal_busy", f"The database {name} does not answer: send the job again."
            )
        if error.busy:
            return Refusal(
                "journal_busy",
                f"The journal {name} is locked by another program: close that one, and send "
                "the job again.",
            )
        return Refusal("disk_full", f"The journal {name} cannot be written: {error}.")

    def _too_many(self) -> Sequence[Job]:
        """The oldest of the jobs that have ended and that nobody owns, if there are too many."""
        # Only at 10 % too many: one by one, each new job would cost another write to the disk.
        if self._kept is None or self._counts.of("").total() <= self._kept * 1.1:
            return ()
        ended = [job for job in self.jobs.values() if job.ended and not job.owner]
        return ended[: max(len(ended) - self._kept, 0)]


async def _call(thread: Executor, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    return await asyncio.get_running_loop().run_in_executor(thread, lambda: fn(*args, **kwargs))
