"""What may be asked of the jobs, however the question arrives: over OSC, HTTP or MIDI, or here.

    service = Service(journal, workers, roots)
    stop_watching = service.watch(print)
    job = service.submit(
        "job-1", "as it was sent", "restyle", {"stem": "in.wav"}, "out.wav", {"preset": "violin"}
    )
    await service.run()

Everything is to be called in the loop of `Service.run`, except what only reads: the jobs, their
counts, the defaults and the last refusal may be looked at from any thread.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import remove_report
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.scheduler import Scheduler
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers

log = logging.getLogger("restyle.serve")

MOST_SIGNS = 200  # of an id that is said to be unknown


@dataclass(frozen=True)
class JobNews:
    """A job moved on or ended; ``event`` is progress, done, failed or cancelled."""

    job: Job
    event: str


@dataclass(frozen=True)
class DefaultNews:
    """Jobs of an operation that do not give the setting ``name`` now get ``value``."""

    operation: str
    name: str
    value: Value


News = JobNews | DefaultNews
Watcher = Callable[[News], object]


class Service:
    """The jobs of one journal.

    Args:
        journal: what there is to do, and what was done.
        workers: where it is done.
        roots: which files may be used.
        max_queue: how many jobs may wait.
        hang_seconds: a worker that says nothing for so long hangs; one that says the same for ten
            times as long does, too.

    Attributes:
        last_refusal: of a job, as one line, for a page that is looked at here: not every client
            can hear its own.
    """

    def __init__(
        self,
        journal: Journal,
        workers: LocalWorkers | Cluster,
        roots: Roots,
        *,
        max_queue: int = 1000,
        hang_seconds: float = 60.0,
    ) -> None:
        self._journal = journal
        self._roots = roots
        self._max_queue = max_queue
        self._defaults: dict[str, dict[str, Value]] = {}
        self._watchers: list[Watcher] = []
        self._scheduler = Scheduler(
            journal,
            workers,
            roots,
            lambda job, event: self._tell(JobNews(job, event)),
            hang_seconds=hang_seconds,
        )
        self.last_refusal = ""

    async def run(self) -> None:
        """Do what is queued and what comes, until it is cancelled; then running jobs are queued."""
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
                "no_such_job", f"There is no job {id[:MOST_SIGNS]!r}, or it is long over."
            )
        return job

    def counts(self) -> Counter[str]:
        """How many jobs are in each state."""
        jobs = list(self.jobs.values())  # at once: the status page asks from a thread of its own
        return Counter("running" if job.state == "written" else job.state for job in jobs)

    def position(self, job: Job) -> int:
        """How many jobs, with itself, wait until it is its turn; 0 once it runs."""
        if job.state != "queued":
            return 0
        return sum(j.state == "queued" and j.number <= job.number for j in self.jobs.values())

    def submit(
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

        A request that is already a job's is answered with that job, however far it is.

        Args:
            id: the client's name for it.
            request: what the client sent, as text, by which a repetition is told from another job.
            operation: a name out of `plugin_bridge.jobs.operations.OPERATIONS`.
            inputs: the files to read, by the names that the operation gives them.
            output: the file to write.
            settings: by name; what is missing is as `defaults` says, or as the operation likes it.
            owner: whose job it is.

        Raises:
            Refusal: it cannot be done, now or at all. Nothing has changed.
        """
        if id in self.jobs:
            if self.jobs[id].request != request:
                raise Refusal("id_taken", f"{id} is another job: give this one an id of its own.")
            return self.jobs[id]
        kind = _find(operation)
        kept = kind.check_all({**self.defaults(operation), **settings})
        self._check_room()
        paths, out = self._files(kind, inputs, output)
        job = Job(id, request, operation, paths, out, kept, owner)
        self._accept(job)
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job that has not ended; ``cancelled`` is told once no work on it goes on."""
        self._scheduler.cancel(job)

    def cancel_all(self) -> None:
        """Stop every job that has not ended."""
        for job in list(self._journal.unended()):
            self.cancel(job)

    def renew(self, job: Job, request: str) -> None:
        """Have a job that has not ended be the answer to another request for the same."""
        job.request = request
        self._journal.save(job)

    def forget(self, job: Job) -> None:
        """Strike out a job that has ended, so that its id can be used again."""
        self._journal.forget([job])

    def note_refusal(self, id: str, text: str) -> None:
        """Keep why a job was refused, for `last_refusal`."""
        self.last_refusal = f"{id}: {text}"

    def _check_room(self) -> None:
        """Check that another job may wait. Raises Refusal if not."""
        waiting = self.counts()["queued"]
        if waiting >= self._max_queue:
            raise Refusal(
                "queue_full", f"{waiting} jobs are waiting: send it again when some are done."
            )

    def _files(
        self, operation: Operation, inputs: Mapping[str, str], output: str
    ) -> tuple[dict[str, str], str]:
        """The real paths of a job's files, which can be read and written.

        Raises:
            Refusal: one is not named, or cannot be used.
        """
        if inputs.keys() != set(operation.inputs):
            names = ", ".join(operation.inputs)
            raise Refusal("bad_request", f"The inputs have to be {names}: name a file for each.")
        paths = {name: self._roots.stem(inputs[name]) for name in operation.inputs}
        target = os.path.realpath(self._roots.folders[0] / output)
        for other in self._journal.unended():
            if _same_name(target, other.output):
                raise Refusal("out_taken", f"{target} is what job {other.id} writes.")
        out = self._roots.result(output, *paths.values())
        return {name: str(path) for name, path in paths.items()}, str(out)

    def _accept(self, job: Job) -> None:
        """Write a job down, and have it done. Raises Refusal if it cannot be written down."""
        self._journal.add(job)
        remove_report(Path(job.output))  # of an earlier job that failed
        self._scheduler.wake()
        files = {**job.inputs, "out": job.output}
        log.info("accepted", extra={"job": job.id, **files, **_chosen(job.settings)})

    # Settings of jobs that give none

    def defaults(self, operation: str) -> Mapping[str, Value]:
        """What was set for jobs of an operation that do not say themselves."""
        return MappingProxyType(self._defaults.get(operation, {}))

    def set_default(self, operation: str, name: str, value: Any) -> Value:
        """Set what jobs get that do not say themselves, and tell the watchers.

        Returns the nearest possible value, which is the one that was set.

        Raises:
            Refusal: the name is unknown, or the value is impossible.
        """
        kept = _find(operation).clamp(name, value)
        self._defaults.setdefault(operation, {})[name] = kept
        self._tell(DefaultNews(operation, name, kept))
        return kept

    # News

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell ``watcher`` all news from here on; returns what ends that."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop

    def _tell(self, news: News) -> None:
        """Pass the news on; a watcher who fails stops neither the work nor the others."""
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
    """The settings that are a choice and not an amount, for the log."""
    return {name: value for name, value in settings.items() if isinstance(value, str)}


def _same_name(a: str, b: str) -> bool:
    """Tell whether two paths may be one file: some file systems ignore case and composition."""
    if sys.platform == "linux":
        return a == b
    a, b = (unicodedata.normalize("NFC", it).casefold() for it in (a, b))
    return a == b
