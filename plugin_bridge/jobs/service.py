"""All that can be asked of the jobs, however it is asked: over OSC or MIDI, or by a command.

    service = Service(journal, workers, Lookers(roots))
    stop_watching = service.watch(print)
    job = await service.submit(
        "job-1", "as it was sent", "restyle", {"stem": "in.wav"}, "out.wav", {"preset": "violin"}
    )
    await service.run()

Everything is to be called in the loop of `Service.run`, except what only reads: the jobs, their
counts, the defaults and the last refusals may be looked at from any thread.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType
from typing import Any, TypeVar

from plugin_bridge.jobs import allowance, operations
from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Looking
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.others import Others
from plugin_bridge.jobs.owner import NOBODY, Owner
from plugin_bridge.jobs.records.records import Unwritable
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.refusals import Refusals, RefusedRequest
from plugin_bridge.jobs.retention import remove_files
from plugin_bridge.jobs.scheduler import Scheduler
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.storage.files import Files
from presets.sound_file.header import Header

Result = TypeVar("Result")

log = logging.getLogger("restyle.serve")

DELETE_SECONDS = 0.05  # between looks whether a cancelled job has ended; not searched
MAX_ID_CHARACTERS = 200  # of an unknown id, in the message that says so; not searched


@dataclass(frozen=True)
class JobNews:
    """A job moved on or ended.

    ``event`` is progress, done, failed or cancelled; or, of a job with an owner, accepted, requeued
    or deleted.
    """

    job: Job
    event: str


@dataclass(frozen=True)
class DefaultNews:
    """The setting ``name`` is now ``value`` in jobs of the operation that do not give it."""

    operation: str
    name: str
    value: Value


@dataclass(frozen=True)
class RefusalNews:
    """A request was refused, or many were; see `plugin_bridge.jobs.refusals.Refusals`."""

    refused: RefusedRequest


News = JobNews | DefaultNews | RefusalNews
Watcher = Callable[[News], object]


@dataclass
class _Coming:
    """A job that is being accepted, and its result's real path once that is known."""

    request: str
    owner: str
    audio_seconds: float
    output: str = ""
    task: asyncio.Task[Job] | None = None


class Service:
    """The jobs of one journal.

    Args:
        journal: the jobs, waiting, running and ended.
        workers: where the jobs are done.
        looking: which files may be used, and who looks at them.
        files: where the files of jobs with an owner are; None if there are to be no such jobs.
        max_queue: how many jobs may wait.
        on_trouble, hang_seconds, threads: see `plugin_bridge.jobs.scheduler.Scheduler`.
        rules: what chains may have.

    Attributes:
        rules: likewise.
        refusals: where whoever refuses a request notes it: not every client can receive its
            answer.
    """

    def __init__(
        self,
        journal: Journal,
        workers: LocalWorkers | Cluster,
        looking: Looking,
        *,
        files: Files | None = None,
        max_queue: int = 1000,
        on_trouble: Callable[[str], object] = lambda text: None,
        hang_seconds: float = 60.0,
        threads: int | None = None,
        rules: ChainRules = STRANGERS,
    ) -> None:
        self._journal = journal
        self._looking = looking
        self.rules = rules
        self.files = files
        self.records = journal.records
        self._max_queue = max_queue
        self._defaults: dict[str, dict[str, Value]] = {}
        self._watchers: list[Watcher] = []
        self._ended: Counter[str] = Counter()  # jobs of somebody's
        self._coming: dict[str, _Coming] = {}
        self._scheduler = Scheduler(
            journal,
            workers,
            looking,
            self._on_event,
            files=files,
            on_trouble=on_trouble,
            hang_seconds=hang_seconds,
            threads=threads,
            rules=rules,
        )
        self._others = Others(journal)
        journal.on_lost = self._scheduler.lose
        self.refusals = Refusals(lambda refused: self._tell(RefusalNews(refused)))

    async def run(self) -> None:
        """Do the jobs until this is cancelled; those running then go back to the queue."""
        if self.records.shared:
            self._others.listen(lambda job, event: self._tell(JobNews(job, event)))
        await self._scheduler.run()

    async def finish(self) -> None:
        """Wait until every job has ended."""
        await self._scheduler.finish()

    # Jobs

    @property
    def jobs(self) -> Mapping[str, Job]:
        """The jobs in memory, by id: all that have not ended, and those of nobody that have."""
        return self._journal.jobs

    def find(self, id: str) -> Job:
        """The job of that id, one of nobody's.

        Raises:
            Refusal: there is none.
        """
        job = self.jobs.get(id)
        if job is None or job.owner:
            raise _no_such_job(id)
        return job

    def knows(self, id: str) -> bool:
        """Whether a job has that id, or one that is being accepted."""
        return id in self.jobs or id in self._coming

    async def job(self, id: str, owner: str) -> Job:
        """An owner's job, also one that has ended, or is another server's.

        Raises:
            Refusal: there is none.
            Unwritable: the records cannot be read just now.
        """
        job = self.jobs.get(id) or self._others.known(id)
        job = job or await self.ask(self.records.find, id)
        if job is None or job.owner != owner:
            raise _no_such_job(id)
        return job

    async def page(
        self, owner: str, *, states: Sequence[str] = (), before: int | None = None, limit: int = 50
    ) -> list[Job]:
        """An owner's jobs, the newest first; see `Records.page`."""
        found = await self.ask(
            lambda: self.records.page(owner, states=states, before=before, limit=limit)
        )
        return [self.jobs.get(job.id) or self._others.known(job.id) or job for job in found]

    def counts(self, owner: str | None = NOBODY.id) -> Counter[str]:
        """How many jobs of an owner are in each state; None for all jobs.

        Jobs of somebody that have ended are counted only among all, and since the server's start.
        """
        counts = self._journal.counts(owner)
        counts += Counter(running=counts.pop("written", 0))
        return counts + self._ended if owner is None else counts

    def position(self, job: Job) -> int:
        """The job's place in the queue, 1 if it is next; 0 if it does not wait here."""
        return self._scheduler.position(job) if job.state == "queued" else 0

    async def ask(self, fn: Callable[..., Result], *args: Any) -> Result:
        """Call one of the methods of `records` that read, in the thread for that."""
        return await self._journal.ask(fn, *args)

    async def write(self, fn: Callable[..., Result], *args: Any) -> Result:
        """Call one of the methods of `records` that write, in the thread for that."""
        return await self._journal.do(fn, *args)

    async def look(self, key: str, name: str) -> Header:
        """What a file in storage, which its client calls ``name``, says of itself.

        Raises:
            Refusal: it is no sound, or too long, or cannot be looked at.
        """
        assert self.files is not None
        return await self._looking.look_stored(self.files, key, name)

    async def submit(
        self,
        id: str,
        request: str,
        operation: str,
        inputs: Mapping[str, str],
        output: str,
        settings: Mapping[str, Any],
        *,
        owner: Owner = NOBODY,
        names: Mapping[str, str] = MappingProxyType({}),
        audio_seconds: float = 0.0,
        webhook: str = "",
    ) -> Job:
        """Accept a job: from here on it will be done, or reported failed.

        A request that made a job already returns that job, however far it is.

        Args:
            id: the client's name for it, or the server's, if it has an owner.
            request: what the client sent, as text; it tells a repetition from another job of that
                id.
            operation: a name in `plugin_bridge.jobs.operations.OPERATIONS`.
            inputs: the files to read, by the names that the operation gives them: paths, or keys in
                storage if it has an owner, who was found to be that of the files.
            output: the file to write: a path, or a key.
            settings: by name; those missing are as in `defaults`, or left to the operation.
            owner: whose job it is, and how much they may ask for.
            names: what the owner calls the inputs.
            audio_seconds: how much audio it is about, for the owner's quota.
            webhook: the address that is told of its end.

        Raises:
            Refusal: it cannot be done, now or at all. Nothing has changed.
        """
        known = self.jobs.get(id) or self._coming.get(id)
        if known is not None and known.request != request:
            raise _id_taken(id)
        if isinstance(known, Job):
            return known
        if known is None:
            kind = _find(operation, self.rules)
            kind.check_inputs(inputs, settings)
            defaults = self.defaults(operation) if not owner.id else {}
            defaults = kind.defaults_for(defaults, settings, inputs)
            kept = kind.check_all({**defaults, **settings}, inputs)
            self._check_room()
            job = Job(id, request, operation, inputs, output, kept, owner.id, names=dict(names))
            job.created, job.audio_seconds = time.time(), audio_seconds
            job.webhook, job.most_running = webhook, owner.running
            known = self._coming[id] = _Coming(request, owner.id, audio_seconds)
            known.task = asyncio.create_task(self._accept(job, known, owner))
        assert known.task is not None
        return await asyncio.shield(known.task)  # which others may wait for, too

    def cancel(self, job: Job) -> None:
        """Stop a job that has not ended; the watchers hear of it once no work on it goes on."""
        self._scheduler.cancel(job)

    def cancel_all(self) -> None:
        """Stop every job of nobody's that has not ended."""
        for job in list(self._journal.unended()):
            if not job.owner:
                self.cancel(job)

    async def cancel_of(self, job: Job) -> None:
        """Stop a job that has not ended, also another server's. Raises Unwritable."""
        if job.id in self.jobs:
            self.cancel(self.jobs[job.id])
        elif not job.ended:
            await self.write(self.records.want_cancelled, job.id)

    async def delete(self, job: Job) -> None:
        """Delete an owner's job, its result, and deleted uploads that it alone still had.

        If it has not ended, it is cancelled before. Files that cannot be removed just now will be
        found as orphans.

        Raises:
            Unwritable: the records cannot be written.
        """
        assert self.files is not None
        await self.cancel_of(job)
        while not (await self.job(job.id, job.owner)).ended:
            await asyncio.sleep(DELETE_SECONDS)
        if not await self._journal.flush():  # its end, and what it costs, are still to be written
            raise Unwritable("the end of the job is not written down yet", busy=True)
        # The record first: a record without its file would be a broken promise, a file without its
        # record is found and removed.
        await self.write(self.records.delete, [job.id])
        self._tell(JobNews(job, "deleted"))
        if self.records.shared:
            self._others.tell(job, "deleted")
        await remove_files(self, self.files, [job])

    async def renew(self, job: Job, request: str) -> None:
        """Let a job that has not ended answer ``request`` from now on, and not its earlier one."""
        job.request = request
        await self._journal.save(job)

    async def forget(self, job: Job) -> None:
        """Delete a job that has ended, so that its id can be used again."""
        await self._journal.forget([job])

    def _check_room(self) -> None:
        """Check that another job may wait. Raises Refusal if not."""
        waiting = self.counts(None)["queued"] + len(self._coming)
        if waiting >= self._max_queue:
            raise Refusal(
                "queue_full", f"{waiting} jobs are waiting: send it again when some are done."
            )

    async def _accept(self, job: Job, coming: _Coming, owner: Owner) -> Job:
        """Look at a job's files, write it down and queue it. Raises Refusal if it cannot be."""
        try:
            if job.stored:
                known = await self._known(job)
                if known is not None:
                    return known
                await self._check_allowance(owner, coming)
            else:
                await self._look(job, coming)
            try:
                await self._scheduler.accept(job)
            except Refusal as refusal:
                if not job.stored or refusal.code != "id_taken":
                    raise
                known = await self._known(job)  # another server was asked at the same time
                if known is None:
                    raise
                return known
        finally:
            del self._coming[job.id]
        if job.stored:
            self._on_event(job, "accepted")
        files = {**job.inputs, "out": job.output}
        log.info("accepted", extra={"job": job.id, **files, **_chosen(job.settings)})
        return job

    async def _known(self, job: Job) -> Job | None:
        """The job that the same request has made before, wherever that was.

        Raises:
            Refusal: another request has made a job of that id.
        """
        known = await self.ask(self.records.find, job.id)
        if known is not None and (known.owner, known.request) != (job.owner, job.request):
            raise _id_taken(job.id)
        return self.jobs.get(job.id) or known

    async def _look(self, job: Job, coming: _Coming) -> None:
        """Find the real paths of a job's files. Raises Refusal if they cannot be used."""
        looked = await self._looking.look(job.inputs, job.output)
        for id, output in self._outputs():
            if _same_name(looked.output, output):
                raise Refusal("out_taken", f"{looked.output} is what job {id} writes.")
        if looked.refusal is not None:
            raise looked.refusal
        coming.output = looked.output
        job.inputs, job.output = looked.inputs, looked.output

    async def _check_allowance(self, owner: Owner, coming: _Coming) -> None:
        """Check that an owner may have another job. Raises Refusal if not."""
        before = list(takewhile(lambda it: it is not coming, self._coming.values()))
        spent = await self.ask(allowance.spent_by, self.records, owner)
        for it in before:
            if it.owner == owner.id:
                spent = spent.with_another(it.audio_seconds)
        allowance.check(owner, spent, coming.audio_seconds)

    def _outputs(self) -> Iterator[tuple[str, str]]:
        """What is written by jobs that have not ended, or are being accepted; by their ids."""
        unended = self._journal.unended()
        yield from ((job.id, job.output) for job in unended if not job.stored)
        yield from ((id, coming.output) for id, coming in self._coming.items() if coming.output)

    # Defaults

    def defaults(self, operation: str) -> Mapping[str, Value]:
        """The settings that jobs of an operation get unless they give their own."""
        return MappingProxyType(self._defaults.get(operation, {}))

    def set_default(self, operation: str, name: str, value: Any) -> Value:
        """Set a default for jobs of an operation, and tell the watchers.

        Returns what was set: the possible value that is nearest.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        kept = _find(operation, self.rules).clamp(name, value)
        self._defaults.setdefault(operation, {})[name] = kept
        self._tell(DefaultNews(operation, name, kept))
        return kept

    # News

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with all news from now on. Returns a function that ends this."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop

    def _on_event(self, job: Job, event: str) -> None:
        if job.stored and job.ended:
            self._ended[job.state] += 1
        self._tell(JobNews(job, event))
        if job.stored and self.records.shared:
            self._others.tell(job, event)

    def _tell(self, news: News) -> None:
        """Pass the news on; a watcher that fails stops neither the work nor the others."""
        for watcher in list(self._watchers):
            try:
                watcher(news)
            except Exception:
                about = {"job": news.job.id} if isinstance(news, JobNews) else {}
                log.exception("fault", extra=about)


def _no_such_job(id: str) -> Refusal:
    return Refusal(
        "no_such_job", f"There is no job {id[:MAX_ID_CHARACTERS]!r}, or it is long over."
    )


def _id_taken(id: str) -> Refusal:
    return Refusal("id_taken", f"{id} is another job: give this one an id of its own.")


def _find(operation: str, rules: ChainRules) -> Operation:
    try:
        return operations.find(operation, rules)
    except ValueError as error:
        raise Refusal("bad_request", str(error)) from error


def _chosen(settings: Mapping[str, Value]) -> dict[str, Value]:
    """The settings that are texts, such as the preset, for the log."""
    return {name: value for name, value in settings.items() if isinstance(value, str)}


def _same_name(a: str, b: str) -> bool:
    """Whether two paths may be one file: some file systems ignore case and Unicode composition."""
    if sys.platform == "linux":
        return a == b
    a, b = (unicodedata.normalize("NFC", it).casefold() for it in (a, b))
    return a == b
