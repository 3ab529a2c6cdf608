"""From the journal to the workers and back: what happens to a job.

    queued -> running -> written -> done        or, on the way, failed or cancelled

Everything here runs in one asyncio loop. Workers write OUT.part; only the scheduler moves it to
its place, so a worker that was given up on can do no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from plugin_bridge.errors import one_line
from plugin_bridge.jobs.job import Job, State
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.operations import OPERATIONS
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import (
    publish,
    read_report,
    remove_part,
    report_path,
    write_report,
)
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.jobs.workers.progress_line import Exchange
from plugin_bridge.jobs.workers.work import Outcome, Task, work

log = logging.getLogger("restyle.serve")

OnEvent = Callable[[Job, str], None]  # the job, and: progress, done, failed or cancelled

#: The least time between reports of a job's progress: a little less than between an effect's own,
#: which come ten times a second, so that none of these is left out for being early.
REPORT_SECONDS = 0.099
DEATHS = 2  # workers lost over one job, after which it fails: one may be chance
# Not searched; the tests of chaos pass with these.
GRACE_SECONDS = 5.0  # for work to notice that its line is cut, before its worker is killed
WATCH_SECONDS = 1.0  # between looks for hung work, new workers, and room on a full disk
STUCK = 10  # times ``hang_seconds``: work whose reports say nothing new for so long hangs, too

Ending = Literal["", "cancelled", "hung"]  # why the work was given up, if it was


@dataclass
class _Running:
    """The work on a job.

    Attributes:
        future: what the worker makes of it.
        heard: when the worker last reported, on the clock of `time.monotonic`.
        moved: when a report last said something new.
        reported: when progress was last passed on.
        ending: why the work is being stopped, if it is.
        task: waits for the future.
    """

    future: Future[Outcome]
    heard: float
    moved: float
    reported: float = 0.0
    ending: Ending = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Scheduler:
    """Runs jobs, in the order of submission, as many at once as there are workers.

    Args:
        journal: the jobs; those that a crash interrupted are seen to first.
        workers: where the jobs are done.
        roots: which files may be used.
        on_event: called with a job when it moves on and when it ends; it must not raise.
        hang_seconds: a worker that is silent for so long hangs, and so does one that reports
            nothing new for ten times as long.
    """

    def __init__(
        self,
        journal: Journal,
        workers: LocalWorkers | Cluster,
        roots: Roots,
        on_event: OnEvent = lambda job, event: None,
        *,
        hang_seconds: float = 60.0,
    ) -> None:
        self._journal = journal
        self._workers = workers
        self._roots = roots
        self._on_event = on_event
        self._hang_seconds = hang_seconds
        self._running: dict[str, _Running] = {}
        self._exchange = Exchange(self._on_report)
        self._wake = asyncio.Event()
        self._finished = asyncio.Event()
        self._stopped = False

    # Asked for by the service.

    def wake(self) -> None:
        """Look at the queue at once: there is a new job."""
        self._wake.set()

    def cancel(self, job: Job) -> None:
        """Stop a job that has not ended; ``on_event`` hears of it once no work on it goes on."""
        if job.state == "queued":
            self._end(job, "cancelled")
        elif job.id in self._running:
            self._give_up(job, "cancelled")

    # Running the jobs.

    async def run(self) -> None:
        """Do the jobs until this is cancelled; those running then go back to the queue."""
        await self._exchange.open(self._workers.host)
        try:
            self._recover()
            while True:
                self._wake.clear()
                self._dispatch()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WATCH_SECONDS):  # wait_for can miss being cancelled
                        await self._wake.wait()
                self._watch()
        finally:
            self._stop()

    async def finish(self) -> None:
        """Wait until every job has ended."""
        while any(True for _ in self._journal.unended()):
            self._finished.clear()
            await self._finished.wait()

    def _recover(self) -> None:
        for job in list(self._journal.unended()):
            if job.state == "written":
                self._publish(job)
            elif job.state == "running" and self._is_done(job):
                self._end(job, "done")
            else:  # even a queued one may have run, while the journal's disk was full
                remove_part(Path(job.output))
                job.state = "queued"
                self._journal.save(job)

    def _is_done(self, job: Job) -> bool:
        """Whether a job's report says that it is done: the journal may have had no room."""
        report = read_report(report_path(Path(job.output)))
        if (report.get("job"), report.get("state")) != (job.id, "done"):
            return False
        job.frames, job.rate, job.seconds = (
            report.get(it, 0) for it in ("frames", "rate", "seconds")
        )
        made_of = report.get("made_of")  # reports of 0.1 have none
        job.made_of = made_of if isinstance(made_of, dict) else {}
        return Path(job.output).exists()

    def _dispatch(self) -> None:
        free = self._workers.count - len(self._running)
        if free <= 0:
            return
        for job in list(self._journal.unended()):
            if job.state == "queued" and job.id not in self._running:
                try:
                    self._start(job)
                except (RuntimeError, OSError) as error:  # no worker is available just now
                    log.warning("no worker", extra={"job": job.id, "error": one_line(error)})
                    job.state = "queued"
                    self._journal.save(job)
                    return
                if len(self._running) >= self._workers.count:
                    return

    def _start(self, job: Job) -> None:
        try:
            inputs = map(self._roots.stem, job.inputs.values())
            self._roots.result(job.output, *inputs)
        except Refusal as refusal:
            self._end(job, "failed", refusal.code, str(refusal))
            return
        place = OPERATIONS.get(job.operation)
        if place is None:  # the journal is from a Restyle that had it
            text = f"There is no operation {job.operation!r} here: update Restyle."
            self._end(job, "failed", "bad_request", text)
            return
        job.state, job.progress, job.stage = "running", 0.0, "starting"
        self._journal.save(job)
        line = self._exchange.address
        task = Task(job.id, place, job.inputs, job.output, job.settings, line)
        now = time.monotonic()
        running = _Running(self._workers.submit(work, task), heard=now, moved=now)
        self._running[job.id] = running
        running.task = asyncio.create_task(self._await(job, running))

    async def _await(self, job: Job, running: _Running) -> None:
        """Wait for the work on a job to end, or to be given up."""
        outcome = None
        try:
            outcome = await asyncio.wrap_future(running.future)
        except asyncio.CancelledError:
            if not running.future.cancelled() or self._stopped:
                raise
        except Exception as error:  # BrokenExecutor, or what Dask raises: the worker died
            log.warning("worker died", extra={"job": job.id, "error": one_line(error)})
        self._settle(job, outcome, running.ending)

    def _settle(self, job: Job, outcome: Outcome | None, ending: Ending) -> None:
        """Move a job on once its work is over: with an outcome, or because its worker was lost."""
        del self._running[job.id]
        self._exchange.forget(job.id)
        if outcome is not None and outcome.state == "written" and ending != "cancelled":
            job.frames, job.rate, job.seconds = outcome.frames, outcome.rate, outcome.seconds
            job.made_of = outcome.made_of or {}
            job.state = "written"
            self._journal.save(job)
            self._publish(job)
        else:
            remove_part(Path(job.output))
            if ending == "cancelled":
                self._end(job, "cancelled")
            elif outcome is not None and outcome.state == "failed":
                self._end(job, "failed", outcome.code, outcome.error)
            else:
                self._retry(job, ending or "worker_died")
        self._wake.set()

    def _retry(self, job: Job, code: str) -> None:
        """Queue a job whose worker was lost; fail it if it loses `DEATHS` workers."""
        job.deaths += 1
        if job.deaths < DEATHS:
            job.state = "queued"
            self._journal.save(job)
        elif code == "hung":
            self._end(job, "failed", code, "Its workers stopped answering: split the stem.")
        else:
            self._end(
                job, "failed", code, "Its workers died, perhaps for lack of memory: split the stem."
            )

    def _publish(self, job: Job) -> None:
        """Move a whole result to its place, unless something else is there by now."""
        out = Path(job.output)
        try:
            publish(out)
        except FileExistsError:
            remove_part(out)
            self._end(job, "failed", "out_exists", f"{out} exists by now: name another file.")
        except FileNotFoundError:
            self._retry(job, "worker_died")
        except OSError as error:
            remove_part(out)
            self._end(job, "failed", "out_not_writable", f"{out}: {error.strerror}.")
        else:
            self._end(job, "done")

    def _end(self, job: Job, state: State, code: str = "", error: str = "") -> None:
        job.state, job.code, job.error = state, code, error
        job.progress, job.stage = float(state == "done"), ""
        if state != "cancelled":
            try:
                write_report(job)
            except OSError as fault:
                said = {"job": job.id, "error": str(fault)}
                log.error("the report cannot be written", extra=said)
        if not self._journal.save(job):
            log.error("the journal cannot be written", extra={"job": job.id})
        log.info(state, extra={"job": job.id, "code": code, "error": error, "out": job.output})
        self._finished.set()
        self._on_event(job, state)

    def _give_up(self, job: Job, ending: Ending) -> None:
        """Stop the work on a job: by cutting its line and, if that is not enough, by force."""
        running = self._running[job.id]
        if running.ending:
            if ending == "cancelled":
                running.ending = ending
            return
        running.ending = ending
        self._exchange.cut(job.id)
        patience = 0.0 if ending == "hung" else GRACE_SECONDS
        asyncio.get_running_loop().call_later(patience, self._kill, job.id, running)

    def _kill(self, id: str, running: _Running) -> None:
        if self._running.get(id) is running:
            self._workers.kill(running.future)

    def _watch(self) -> None:
        now = time.monotonic()
        for id, running in list(self._running.items()):
            silent = now - running.heard > self._hang_seconds
            stuck = now - running.moved > STUCK * self._hang_seconds
            if silent or stuck:
                log.warning("hung", extra={"job": id})
                self._give_up(self._journal.jobs[id], "hung")
        self._journal.flush()

    def _on_report(self, id: str, fraction: float, stage: str) -> None:
        running, job = self._running.get(id), self._journal.jobs.get(id)
        if running is None or job is None:
            return
        now = time.monotonic()
        running.heard = now
        if (fraction, stage) != (job.progress, job.stage):
            running.moved = now
        job.progress, job.stage = fraction, stage
        if now - running.reported >= REPORT_SECONDS and not running.ending:
            running.reported = now
            self._on_event(job, "progress")

    def _stop(self) -> None:
        """Put running jobs back into the queue."""
        self._stopped = True
        self._exchange.close()
        self._workers.shutdown()
        for id, running in self._running.items():
            if running.task is not None:
                running.task.cancel()
            job = self._journal.jobs[id]
            remove_part(Path(job.output))
            if running.ending == "cancelled":
                self._end(job, "cancelled")
                continue
            job.state = "queued"
            self._journal.save(job)
            log.info("back in the queue", extra={"job": id})
