"""All that can be asked of the jobs, however it is asked: over OSC or MIDI, or by a command.

    service = Service(journal, workers, Lookers(roots))
    stop_watching = service.watch(print)
    job = await service.submit(
        "job-1", "as it was sent", "restyle", {"stem": "in.wav"}, "out.wav", {"preset": "violin"}
    )
    await service.run()

Everything is to be called in the loop of `Service.run`, except what only reads: the jobs, their
counts, the defaults and the last refusal may be looked at from any thread.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Looking
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.scheduler import Scheduler
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers

log = logging.getLogger("restyle.serve")

MAX_ID_CHARACTERS = 200  # of an unknown id, in the message that says so; not searched


@dataclass(frozen=True)
class JobNews:
    """A job moved on or ended; ``event`` is progress, done, failed or cancelled."""

    job: Job
    event: str


@dataclass(frozen=True)
class DefaultNews:
    """The setting ``name`` is now ``value`` in jobs of the operation that do not give it."""

    operation: str
    name: str
    value: Value


News = JobNews | DefaultNews
Watcher = Callable[[News], object]


@dataclass
class _Coming:
    """A job that is being accepted, and its result's real path once that is known."""

    request: str
    output: str = ""
    task: asyncio.Task[Job] | None = None


class Service:
    """The jobs of one journal.

    Args:
        journal: the jobs, waiting, running and ended.
        workers: where the jobs are done.
        looking: which files may be used, and who looks at them.
        max_queue: how many jobs may wait.
        on_trouble, hang_seconds, threads: see `plugin_bridge.jobs.scheduler.Scheduler`.

    Attributes:
        last_refusal: the last job that was refused, and why, on one line for the status page: not
            every client can receive its answer.
    """

    def __init__(
        self,
        journal: Journal,
        workers: LocalWorkers | Cluster,
        looking: Looking,
        *,
        max_queue: int = 1000,
        on_trouble: Callable[[str], object] = lambda text: None,
        hang_seconds: float = 60.0,
        threads: int | None = None,
    ) -> None:
        self._journal = journal
        self._looking = looking
        self._max_queue = max_queue
        self._defaults: dict[str, dict[str, Value]] = {}
        self._watchers: list[Watcher] = []
        self._coming: dict[str, _Coming] = {}
        self._scheduler = Scheduler(
            journal,
            workers,
            looking,
            lambda job, event: self._tell(JobNews(job, event)),
            on_trouble=on_trouble,
            hang_seconds=hang_seconds,
            threads=threads,
        )
        self.last_refusal = ""

    async def run(self) -> None:
        """Do the jobs until this is cancelled; those running then go back to the queue."""
        await self._scheduler.run()

    async def finish(self) -> None:
        """Wait until every job has ended."""
        await self._scheduler.finish()

    # Jobs

    @property
    def jobs(self) -> Mapping[str, Job]:
        """All jobs that are remembered, by id, in the order of submission."""
        return self._journal.jobs

    def find(self, id: str) -> Job:
        """The job of that id.

        Raises:
            Refusal: there is none.
        """
        job = self.jobs.get(id)
        if job is None:
            raise Refusal(
                "no_such_job", f"There is no job {id[:MAX_ID_CHARACTERS]!r}, or it is long over."
            )
        return job

    def counts(self) -> Counter[str]:
        """How many jobs are in each state."""
        jobs = list(self.jobs.values())  # at once: the status page asks from a thread of its own
        return Counter("running" if job.state == "written" else job.state for job in jobs)

    def position(self, job: Job) -> int:
        """The job's place in the queue, 1 if it is next; 0 if it does not wait."""
        if job.state != "queued":
            return 0
        return sum(j.state == "queued" and j.number <= job.number for j in self.jobs.values())

    async def submit(
        self,
        id: str,
        request: str,
        operation: str,
        inputs: Mapping[str, str],
        output: str,
        settings: Mapping[str, Any],
        *,
        owner: str = "",
    ) -> Job:
        """Accept a job: from here on it will be done, or reported failed.

        A request that made a job already returns that job, however far it is.

        Args:
            id: the client's name for it.
            request: what the client sent, as text; it tells a repetition from another job of that
                id.
            operation: a name in `plugin_bridge.jobs.operations.OPERATIONS`.
            inputs: the files to read, by the names that the operation gives them.
            output: the file to write.
            settings: by name; those missing are as in `defaults`, or left to the operation.
            owner: whose job it is.

        Raises:
            Refusal: it cannot be done, now or at all. Nothing has changed.
        """
        known = self.jobs.get(id) or self._coming.get(id)
        if known is not None and known.request != request:
            raise Refusal("id_taken", f"{id} is another job: give this one an id of its own.")
        if isinstance(known, Job):
            return known
        if known is None:
            kind = _find(operation)
            kept = kind.check_all({**self.defaults(operation), **settings})
            self._check_room()
            if inputs.keys() != set(kind.inputs):
                names = ", ".join(kind.inputs)
                raise Refusal("bad_request", f"The inputs have to be {names}: name each file.")
            job = Job(id, request, operation, inputs, output, kept, owner)
            known = self._coming[id] = _Coming(request)
            known.task = asyncio.create_task(self._accept(job, known))
        assert known.task is not None
        return await asyncio.shield(known.task)  # which others may wait for, too

    def cancel(self, job: Job) -> None:
        """Stop a job that has not ended; the watchers hear of it once no work on it goes on."""
        self._scheduler.cancel(job)

    def cancel_all(self) -> None:
        """Stop every job that has not ended."""
        for job in list(self._journal.unended()):
            self.cancel(job)

    async def renew(self, job: Job, request: str) -> None:
        """Let a job that has not ended answer ``request`` from now on, and not its earlier one."""
        job.request = request
        await self._journal.save(job)

    async def forget(self, job: Job) -> None:
        """Delete a job that has ended, so that its id can be used again."""
        await self._journal.forget([job])

    def note_refusal(self, id: str, text: str) -> None:
        """Keep why a job was refused, for `last_refusal`."""
        self.last_refusal = f"{id}: {text}"

    def _check_room(self) -> None:
        """Check that another job may wait. Raises Refusal if not."""
        waiting = self.counts()["queued"] + len(self._coming)
        if waiting >= self._max_queue:
            raise Refusal(
                "queue_full", f"{waiting} jobs are waiting: send it again when some are done."
            )

    async def _accept(self, job: Job, coming: _Coming) -> Job:
        """Look at a job's files, write it down and queue it. Raises Refusal if it cannot be."""
        try:
            looked = await self._looking.look(job.inputs, job.output)
            for id, output in self._outputs():
                if _same_name(looked.output, output):
                    raise Refusal("out_taken", f"{looked.output} is what job {id} writes.")
            if looked.refusal is not None:
                raise looked.refusal
            coming.output = looked.output
            job.inputs, job.output = looked.inputs, looked.output
            await self._scheduler.accept(job)
        finally:
            del self._coming[job.id]
        files = {**job.inputs, "out": job.output}
        log.info("accepted", extra={"job": job.id, **files, **_chosen(job.settings)})
        return job

    def _outputs(self) -> Iterator[tuple[str, str]]:
        """What is written by jobs that have not ended, or are being accepted; by their ids."""
        yield from ((job.id, job.output) for job in self._journal.unended())
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
        kept = _find(operation).clamp(name, value)
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

    def _tell(self, news: News) -> None:
        """Pass the news on; a watcher that fails stops neither the work nor the others."""
        for watcher in list(self._watchers):
            try:
                watcher(news)
            except Exception:
                about = {"job": news.job.id} if isinstance(news, JobNews) else {}
                log.exception("fault", extra=about)


def _find(operation: str) -> Operation:
    try:
        return operations.find(operation)
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
