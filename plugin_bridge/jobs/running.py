"""The work on one job while it goes on, and when it has to be given up."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.workers.work import Outcome

#: Times the seconds of silence that are a hang: work whose reports say nothing new for so long
#: hangs, too. Not searched.
STUCK = 10
READ_SECONDS = 60.0  # the same, while a file is read: an hour of FLAC takes some seconds

#: Why the work was given up, if it was. What is lost is another server's by now.
Ending = Literal["", "cancelled", "hung", "lost"]


@dataclass
class Running:
    """The work on a job, from the last look at its files until it has moved on.

    Times are those of `time.monotonic`, in seconds.

    Attributes:
        job: the job.
        future: what the worker makes of it; None until the job is given to one.
        heard: when the worker last reported.
        moved: when a report last said something new.
        report_at: when progress may next be passed on.
        ending: why the work is being stopped, if it is.
        kill_at: when its worker is killed if it has not stopped by then.
        settling: whether the work is over.
        task: takes the job through all that.
    """

    job: Job
    future: Future[Outcome] | None = None
    heard: float = 0.0
    moved: float = 0.0
    report_at: float = 0.0
    ending: Ending = ""
    kill_at: float = math.inf
    settling: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def at_work(self) -> bool:
        """Whether a worker has it."""
        return self.future is not None and not self.settling

    def hangs(
        self, now: float, silent_seconds: float, *, reading: bool, in_plugin: bool = False
    ) -> bool:
        """Whether its worker hangs: says nothing, or nothing new, for too long.

        A plugin is given a few seconds of sound at a time, so it has no more patience than silence.
        """
        stuck_seconds = silent_seconds if in_plugin else STUCK * silent_seconds
        if reading:
            stuck_seconds = min(stuck_seconds, READ_SECONDS)
        return now - self.heard > silent_seconds or now - self.moved > stuck_seconds

    def forgive(self, seconds: float, now: float) -> None:
        """Leave out of account a time in which nobody could have been heard."""
        self.heard = min(self.heard + seconds, now)
        self.moved = min(self.moved + seconds, now)
        self.kill_at += seconds
