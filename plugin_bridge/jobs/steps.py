"""The steps of a job that has been accepted: each is written down before it is taken.

    queued -> running -> written -> done        or, on the way, failed or cancelled

What waits for a disk is done in threads; a job in memory changes only in the loop, and only once
the step is written down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from plugin_bridge.errors import explain_job, one_line
from plugin_bridge.files.beneath import Strayed
from plugin_bridge.jobs.inputs import strayed
from plugin_bridge.jobs.job import Job, State
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.records.records import Delivery, Usage
from plugin_bridge.jobs.refusal import Refusal, code_of
from plugin_bridge.jobs.result_files import (
    find_done,
    part_path,
    publish,
    remove_part,
    remove_report,
    write_report,
)
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.told import message
from plugin_bridge.jobs.workers.work import Outcome
from presets.opening import NotOrdinary

log = logging.getLogger("restyle.serve")

OnEvent = Callable[[Job, str], None]  # the job, and: progress, done, failed or cancelled

DEATHS = 2  # workers lost over one job, after which it fails: one may be chance
MAX_LITTER = 1000  # results whose OUT.part is to be removed later; not searched


class Steps:
    """Takes jobs from one state to the next.

    Args:
        journal: the jobs.
        roots: which files may be used.
        on_event: called with a job that ends; it must not raise.
    """

    def __init__(self, journal: Journal, roots: Roots, on_event: OnEvent) -> None:
        self._journal = journal
        self._roots = roots.roots
        self._on_event = on_event
        self._litter: set[Path] = set()  # results whose OUT.part could not be removed yet

    async def accept(self, job: Job) -> None:
        """Write a new job down; then the report of an earlier one on the same result goes.

        Raises:
            Refusal: it cannot be written down.
        """
        await self._journal.add(job)
        if job.stored:
            return
        try:
            await asyncio.to_thread(remove_report, Path(job.output), self._roots)
        except OSError as error:
            log.warning("an old report stays", extra={"job": job.id, "error": one_line(error)})

    async def recover(self, job: Job) -> None:
        """See to a job that a crash has interrupted."""
        if job.state == "written":
            await self.publish(job)
            return
        if job.state == "running" and not job.stored:
            report = await asyncio.to_thread(find_done, job, self._roots)
            if report:
                job.frames, job.rate, job.seconds = (
                    report.get(it, 0) for it in ("frames", "rate", "seconds")
                )
                made_of = report.get("made_of")  # reports of 0.1 have none
                job.made_of = made_of if isinstance(made_of, dict) else {}
                await self.end(job, "done")
                return
        # Even a queued one may have run, while the journal's disk was full.
        await self.requeue(job)

    async def requeue(self, job: Job) -> None:
        """Put a job on which no work goes on back into the queue."""
        await self._remove_unfinished(job)
        if job.state != "queued":
            job.state = "queued"
            await self._journal.save(job)
            if job.stored:
                self._on_event(job, "requeued")

    async def settle(self, job: Job, outcome: Outcome) -> None:
        """Move a job on by what its work came to."""
        if outcome.state == "written":
            job.frames, job.rate, job.seconds = outcome.frames, outcome.rate, outcome.seconds
            job.made_of = outcome.made_of or {}
            job.bytes, job.digest = outcome.bytes, outcome.digest
            job.state = "written"
            await self._journal.save(job)
            await self.publish(job)
        else:
            await self.discard(job, "failed", outcome.code, outcome.error)

    async def retry(self, job: Job, code: str) -> None:
        """Queue a job whose worker was lost; fail it if it loses `DEATHS` workers."""
        job.deaths += 1
        if job.deaths < DEATHS:
            await self.requeue(job)
        elif code == "hung":
            text = "Its workers stopped answering: split the stem."
            await self.discard(job, "failed", code, text)
        else:
            text = "Its workers died, perhaps for lack of memory: split the stem."
            await self.discard(job, "failed", code, text)

    async def publish(self, job: Job) -> None:
        """Move a whole result to its place, unless something else is there by now."""
        if job.stored:  # under its key it is there already
            job.audio_seconds = job.frames / job.rate
            await self.end(job, "done")
            return
        out = Path(job.output)
        try:
            await asyncio.to_thread(publish, out, self._roots)
        except FileExistsError:
            text = f"{out} exists by now: name another file."
            await self.discard(job, "failed", "out_exists", text)
        except FileNotFoundError:
            await self.retry(job, "worker_died")
        except Strayed:
            refusal = strayed(out)
            await self.discard(job, "failed", refusal.code, str(refusal))
        except NotOrdinary:
            text = f"{part_path(out)} was replaced while it was written: send the job again."
            await self.discard(job, "failed", "out_not_writable", text)
        except OSError as error:
            code = code_of(error)
            code = "out_not_writable" if code == "unreadable" else code
            await self.discard(job, "failed", code, explain_job(error))
        else:
            await self.end(job, "done")

    async def discard(self, job: Job, state: State, code: str = "", error: str = "") -> None:
        """Remove what the work on a job has left, and end the job."""
        await self._remove_unfinished(job)
        await self.end(job, state, code, error)

    async def tidy(self) -> None:
        """Remove what could not be removed before: its folder may be back in its place."""
        wanted = {Path(job.output) for job in self._journal.unended() if not job.stored}
        for out in self._litter - wanted:
            self._litter.discard(out)
            await self._remove_part(out)

    async def _remove_unfinished(self, job: Job) -> None:
        """Remove what the work on a job has written.

        In storage there is nothing, or what is whole: that goes with the job. By now it may also be
        what another server's worker has made of the same job.
        """
        if not job.stored:
            await self._remove_part(Path(job.output))

    async def _remove_part(self, out: Path) -> None:
        """Remove a result's OUT.part, now or by `tidy`."""
        try:
            await asyncio.to_thread(remove_part, out, self._roots)
        except OSError:
            if len(self._litter) < MAX_LITTER:
                self._litter.add(out)

    async def refuse(self, job: Job, refusal: Refusal) -> None:
        """Let a job fail that was not begun."""
        await self.end(job, "failed", refusal.code, str(refusal))

    async def end(self, job: Job, state: State, code: str = "", error: str = "") -> None:
        """End a job: report it, write it down, and tell."""
        now = time.time()
        ended = replace(job, state=state, code=code, error=error, ended_at=now)
        if state != "cancelled" and not job.stored:
            try:
                await asyncio.to_thread(write_report, ended, self._roots)
            except OSError as fault:
                said = {"job": job.id, "error": one_line(fault)}
                log.error("the report cannot be written", extra=said)
        usage, delivery = _usage(ended), _delivery(ended)
        if not await self._journal.save(ended, usage=usage, delivery=delivery):
            log.error("the journal cannot be written", extra={"job": job.id})
        job.state, job.code, job.error, job.ended_at = state, code, error, now
        job.progress, job.stage = float(state == "done"), ""
        log.info(state, extra={"job": job.id, "code": code, "error": error, "out": job.output})
        self._on_event(job, state)


def _usage(job: Job) -> Usage | None:
    """What is billed for a job that has ended: nothing, unless it is done and somebody's."""
    if job.state != "done" or not job.owner:
        return None
    return Usage(
        job.id,
        job.owner,
        job.operation,
        job.audio_seconds,
        job.seconds,
        job.bytes,
        job.ended_at,
    )


def _delivery(job: Job) -> Delivery | None:
    """What a webhook is owed for a job that has ended, if it named one."""
    if not job.webhook:
        return None
    id = f"msg_{job.id}"
    return Delivery(id, job.owner, job.webhook, message(job), 0, job.ended_at)
