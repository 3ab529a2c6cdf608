"""From the journal to the workers and back: which job is worked on when.

Everything here runs in one asyncio loop, which waits for no disk. Workers write OUT.part; only the
server moves it to its place, so a worker that was given up on can do no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable

from effects.boards.native import PLUGIN
from effects.running.cores import cores
from plugin_bridge.errors import one_line, shown
from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.fairness import Turns
from plugin_bridge.jobs.inputs import READING, crashes
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Looking
from plugin_bridge.jobs.operations import OPERATIONS
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.running import Ending, Running
from plugin_bridge.jobs.steps import OnEvent, Steps
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.jobs.workers.process import WorkerDied
from plugin_bridge.jobs.workers.progress_line import Exchange
from plugin_bridge.jobs.workers.work import Outcome, Task, work
from plugin_bridge.storage.files import Files

log = logging.getLogger("restyle.serve")

#: The least time between reports of a job's progress, on average: one that comes late does not make
#: the next one come too early. An effect's own reports come ten times a second.
REPORT_SECONDS = 0.099
# Not searched; the tests of chaos pass with these.
GRACE_SECONDS = 5.0  # for work to notice that its line is cut, before its worker is killed
WATCH_SECONDS = 1.0  # between looks for hung work, new workers, and room on a full disk
STOP_SECONDS = 2.0  # at a stop, for jobs whose work is over to be moved on
MAX_PLUGIN_CHARACTERS = 100  # of a plugin's name in a message
LINE_SECONDS = 0.1  # for what a worker said before it died to arrive


class Scheduler:
    """Runs jobs, as many at once as there are workers; owners take turns.

    Args:
        journal: the jobs; those that a crash interrupted are seen to first.
        workers: where the jobs are done.
        looking: which files may be used, and who looks at them.
        files: where the files of jobs with an owner are.
        on_event: called with a job when it moves on and when it ends; it must not raise.
        on_trouble: called with what a person has to see to, once.
        hang_seconds: a worker that is silent for so long hangs, and so does one that reports
            nothing new for ten times as long, or for as long while a plugin runs.
        threads: how many cores a job may use; None for an equal share of this machine's, or for all
            of another machine's.
        rules: what chains may have.
    """

    def __init__(
        self,
        journal: Journal,
        workers: LocalWorkers | Cluster,
        looking: Looking,
        on_event: OnEvent = lambda job, event: None,
        *,
        files: Files | None = None,
        on_trouble: Callable[[str], object] = lambda text: None,
        hang_seconds: float = 60.0,
        threads: int | None = None,
        rules: ChainRules = STRANGERS,
    ) -> None:
        self._journal = journal
        self._workers = workers
        self._looking = looking
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._hang_seconds = hang_seconds
        self._threads = threads
        self._rules = rules
        self._files = files
        self._steps = Steps(journal, looking.roots, self._on_step)
        self._running: dict[str, Running] = {}
        self._turns = Turns()
        self._order: dict[str, int] | None = None  # places in the queue, until something changes
        self._left_alone: set[str] = set()  # jobs that are being accepted or cancelled
        self._tasks: set[asyncio.Task[None]] = set()
        self._tending: asyncio.Task[None] | None = None
        self._exchange = Exchange(self._on_report)
        self._wake = asyncio.Event()
        self._finished = asyncio.Event()
        self._watched = 0.0
        self._told = False

    # Asked for by the service.

    async def accept(self, job: Job) -> None:
        """Write a job down and queue it. Raises Refusal if it cannot be written down."""
        self._left_alone.add(job.id)
        try:
            await self._steps.accept(job)
        finally:
            self._left_alone.discard(job.id)
        self._order = None
        self._wake.set()

    def position(self, job: Job) -> int:
        """The job's place in the queue, 1 if it is next; 0 if it does not wait."""
        if self._order is None:
            begun = [it.job for it in self._running.values() if it.job.state == "queued"]
            places = enumerate((*begun, *self._queue()), 1)
            self._order = {it.id: place for place, it in places}
        return self._order.get(job.id, 0)

    def cancel(self, job: Job) -> None:
        """Stop a job that has not ended; ``on_event`` hears of it once no work on it goes on."""
        if job.id in self._running:
            self._give_up(job, "cancelled")
        elif job.state == "queued" and job.id not in self._left_alone:
            self._left_alone.add(job.id)
            self._spawn(self._cancel(job))

    async def _cancel(self, job: Job) -> None:
        try:
            await self._steps.end(job, "cancelled")
        finally:
            self._left_alone.discard(job.id)

    # Running the jobs.

    async def run(self) -> None:
        """Do the jobs until this is cancelled; those running then go back to the queue."""
        await self._exchange.open(self._workers.host)
        try:
            await self._recover(self._journal.unended())
            self._watched = time.monotonic()
            while True:
                self._wake.clear()
                self._dispatch()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WATCH_SECONDS):  # wait_for can miss being cancelled
                        await self._wake.wait()
                self._watch()
        finally:
            await self._stop()

    async def finish(self) -> None:
        """Wait until every job has ended."""
        while any(True for _ in self._journal.unended()):
            self._finished.clear()
            await self._finished.wait()

    async def _recover(self, interrupted: Iterable[Job]) -> None:
        """See to jobs that a crash has interrupted, of this server or of another one."""
        jobs = [job for job in interrupted if job.id not in self._left_alone]
        self._running |= {job.id: Running(job) for job in jobs}  # so that they can be cancelled
        for job in jobs:
            await self._steps.recover(job)
            running = self._running.pop(job.id)
            if running.ending == "cancelled" and not job.ended:
                await self._steps.end(job, "cancelled")

    def _dispatch(self) -> None:
        """Begin as many jobs as there are workers free."""
        if len(self._running) >= self._workers.count:
            return
        at_once = Counter(running.job.owner for running in self._running.values())
        for job in self._queue():
            if len(self._running) >= self._workers.count:
                return
            if job.id in self._left_alone or 0 < job.most_running <= at_once[job.owner]:
                continue
            at_once[job.owner] += 1
            self._turns.note(job.owner)
            self._order = None
            running = self._running[job.id] = Running(job)
            running.task = self._spawn(self._take(job, running))

    def _queue(self) -> list[Job]:
        """The jobs that wait, in the order in which they will have their turn."""
        waiting = [
            job
            for job in self._journal.unended()
            if job.state == "queued" and job.id not in self._running
        ]
        return self._turns.order(waiting, (it.job for it in self._running.values()))

    async def _take(self, job: Job, running: Running) -> None:
        """Take a job from the queue through all its steps, until it has ended or waits again."""
        try:
            if await self._start(job, running):
                outcome = await self._outcome(job, running)
                running.settling = True
                await self._settle(job, running, outcome)
        except Exception as fault:
            log.exception("fault", extra={"job": job.id})
            await self._steps.discard(job, "failed", "internal", one_line(fault))
        finally:
            del self._running[job.id]
            self._wake.set()

    async def _start(self, job: Job, running: Running) -> bool:
        """Look at a job's files again, and give it to a worker; False if it ended instead."""
        try:
            if job.operation not in OPERATIONS:  # the journal is from a Restyle that had it
                text = f"There is no operation {job.operation!r} here: update Restyle."
                raise Refusal("bad_request", text)
            if not job.stored:
                looked = await self._looking.look(job.inputs, job.output)
                if looked.refusal is not None:
                    raise looked.refusal
        except Refusal as refusal:
            if not running.ending:
                await self._steps.refuse(job, refusal)
                return False
        if not running.ending:
            job.state, job.progress, job.stage = "running", 0.0, "starting"
            self._order = None
            job.started = time.time()
            await self._journal.save(job)
        if not running.ending and not self._give(job, running):
            job.state = "queued"
            await self._journal.save(job)
            await asyncio.sleep(WATCH_SECONDS)  # until there may be a worker again
        if running.ending == "cancelled" and running.future is None:
            await self._steps.end(job, "cancelled")
        return running.future is not None

    def _give(self, job: Job, running: Running) -> bool:
        """Give a job to a worker; False if none is available just now."""
        roots = self._looking.roots.roots
        if self._workers.elsewhere:  # there, the same folder has another number
            roots = tuple(root._replace(identity=None) for root in roots)
        place, line = OPERATIONS[job.operation], self._exchange.address
        task = Task(
            job.id,
            place,
            job.inputs,
            job.output,
            job.settings,
            line,
            roots,
            self._share(),
            self._files if job.stored else None,
            job.names,
            self._rules,
        )
        try:
            running.future = self._workers.submit(work, task)
        except (RuntimeError, OSError) as error:
            log.warning("no worker", extra={"job": job.id, "error": one_line(error)})
            return False
        running.heard = running.moved = time.monotonic()
        return True

    def _share(self) -> int | None:
        """How many cores one of the running jobs may use.

        Jobs on the same stem count once: while one listens to it, the others wait for that.
        """
        if self._threads is not None or self._workers.elsewhere:
            return self._threads
        stems = {tuple(it.job.inputs.values()) for it in self._running.values()}
        return max(cores() // max(len(stems), 1), 1)

    async def _outcome(self, job: Job, running: Running) -> Outcome | None:
        """Wait for the work on a job to end; None if its worker was lost."""
        assert running.future is not None
        try:
            return await asyncio.wrap_future(running.future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():  # this, and not the work
                raise
        except Exception as error:  # WorkerDied, or what Dask raises
            log.warning("worker died", extra={"job": job.id, "error": one_line(error)})
            if isinstance(error, WorkerDied) and (error.crashed or error.exited):
                await asyncio.sleep(LINE_SECONDS)
                if job.stage == READING and error.crashed:
                    named = job.names if job.stored else job.inputs
                    return Outcome("failed", code="unreadable", error=crashes(named))
                if job.stage.startswith(PLUGIN) and not running.ending:
                    return _plugin_failed(job, "crashed, and its worker with it")
        return None

    async def _settle(self, job: Job, running: Running, outcome: Outcome | None) -> None:
        """Move a job on once its work is over: with an outcome, or because its worker was lost."""
        self._exchange.forget(job.id)
        if running.ending == "lost":
            return
        if running.ending == "cancelled":
            await self._steps.discard(job, "cancelled")
        elif outcome is not None and outcome.state != "cancelled":
            await self._steps.settle(job, outcome)
        elif running.ending == "hung" and job.stage.startswith(PLUGIN):
            seconds = f"{self._hang_seconds:g}"
            hung = _plugin_failed(job, f"was not heard of for {seconds} s, and was stopped")
            await self._steps.settle(job, hung)
        else:
            await self._steps.retry(job, running.ending or "worker_died")
        if running.ending == "cancelled" and not job.ended:  # meanwhile
            await self._steps.end(job, "cancelled")

    def _give_up(self, job: Job, ending: Ending) -> None:
        """Stop the work on a job: by cutting its line and, if that is not enough, by force."""
        running = self._running[job.id]
        if running.ending:
            if ending in ("cancelled", "lost"):
                running.ending = ending
            return
        running.ending = ending
        if running.at_work:
            self._exchange.cut(job.id)
            patience = 0.0 if ending == "hung" else GRACE_SECONDS
            running.kill_at = time.monotonic() + patience

    def _watch(self) -> None:
        """Give up work that hangs, kill what does not stop, and see to the journal."""
        now = time.monotonic()
        # If this comes late, nobody was heard meanwhile: the machine, or only this process, stood
        # still (a laptop's lid, SIGSTOP), or is very busy. The workers are not to blame.
        late = max(now - self._watched - WATCH_SECONDS, 0.0)
        self._watched = now
        for id, running in list(self._running.items()):
            running.forgive(late, now)
            job = running.job
            hangs = running.hangs(
                now,
                self._hang_seconds,
                reading=job.stage == READING,
                in_plugin=job.stage.startswith(PLUGIN),
            )
            if running.at_work and hangs:
                if not running.ending:
                    log.warning("hung", extra={"job": id})
                self._give_up(job, "hung")
            if running.future is not None and now >= running.kill_at:
                running.kill_at = math.inf
                self._workers.kill(running.future)
        if self._tending is None or self._tending.done():
            self._tending = self._spawn(self._tend())

    async def _tend(self) -> None:
        """Do what could not be done before, and say once if the journal is gone."""
        await self._steps.tidy()
        await self._journal.flush()
        if self._journal.records.shared:
            await self._share_out()
        self._turns.forget({job.owner for job in self._journal.unended()})
        if self._journal.gone and not self._told:
            self._told = True
            log.error("the journal is gone", extra={"error": self._journal.gone})
            self._on_trouble(self._journal.gone)

    async def _share_out(self) -> None:
        """Where several servers share the records: say that this one lives, and take over jobs."""
        try:
            await self._journal.do(self._journal.records.keep_alive)
            if adopted := await self._journal.adopt():
                log.info("taken over", extra={"jobs": [job.id for job in adopted]})
                await self._recover(adopted)
                self._order = None
                self._wake.set()
            for id in await self._journal.ask(self._journal.records.wanted):
                if id in self._journal.jobs:
                    self.cancel(self._journal.jobs[id])
        except OSError as error:  # Unwritable: the database is away, and may come back
            log.warning("the records do not answer", extra={"error": one_line(error)})

    def lose(self, job: Job) -> None:
        """Let go of a job that another server has taken over: this one was not heard of."""
        log.warning("lost to another server", extra={"job": job.id})
        self._order = None
        if job.id in self._running:
            self._give_up(job, "lost")
        self._finished.set()

    def _on_step(self, job: Job, event: str) -> None:
        running = self._running.get(job.id)
        if running is not None and running.ending == "lost":
            return  # what this server has made of it does not count
        self._order = None
        self._finished.set()
        self._on_event(job, event)

    def _on_report(self, id: str, fraction: float, stage: str) -> None:
        running = self._running.get(id)
        if running is None:
            return
        job = running.job
        now = time.monotonic()
        running.heard = now
        if (fraction, stage) != (job.progress, job.stage):
            running.moved = now
        job.progress, job.stage = fraction, stage
        if now >= running.report_at and not running.ending:
            # A late one may be followed the sooner, but none that never came is made up for.
            running.report_at = max(running.report_at, now - REPORT_SECONDS) + REPORT_SECONDS
            self._on_event(job, "progress")

    def _spawn(self, steps: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _stop(self) -> None:
        """Put running jobs back into the queue; those whose work is over are moved on."""
        self._exchange.close()
        stopped = [
            (running.job, running)
            for running in self._running.values()
            if running.task is not None and not running.settling
        ]
        for _, running in stopped:
            assert running.task is not None
            running.task.cancel()
        self._workers.shutdown()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for job, running in stopped:
            if running.ending == "lost":
                continue
            if running.ending == "cancelled" and not job.ended:
                await self._steps.discard(job, "cancelled")
            elif job.state == "running":
                await self._steps.requeue(job)
                log.info("back in the queue", extra={"job": job.id})
        await self._steps.tidy()


def _plugin_failed(job: Job, how: str) -> Outcome:
    """How a job ends whose plugin has taken its worker with it: another worker would fare alike."""
    name = shown(job.stage.removeprefix(PLUGIN), MAX_PLUGIN_CHARACTERS)
    text = f"The plugin {name} {how}: take it out of the chain, or update it."
    return Outcome("failed", code="plugin_failed", error=text)
