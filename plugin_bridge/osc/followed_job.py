"""A job as a client knows it, from what the server has said of it so far."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

from plugin_bridge.client_types import QUEUED, Failed, Job, JobCancelled, Result
from plugin_bridge.osc.replies import Reply

LOST = "lost"  # a job that the server does not know, though it was accepted


@dataclass
class Followed:
    """What is known here of a job that was submitted or is waited for.

    Attributes:
        submission: the datagram that submitted it; sent again, it is answered by how the job ended.
        heard: when the server last said how it is, on the clock of `time.monotonic`.
        job: how it was then.
        outcome: how it ended: the result, or what to raise.
        advice: what the server advised, before it said that the job is done.
    """

    submission: bytes | None
    heard: float = -math.inf
    job: Job | None = None
    outcome: Result | Exception | None = None
    advice: str = ""

    @property
    def to_submit_again(self) -> bool:
        """Whether submitting it again would tell more than asking how it is."""
        return self.job is not None and self.job.state in ("done", LOST)

    def hear(self, reply: Reply) -> None:
        """Keep what a reply says of this job."""
        self.heard = time.monotonic()
        match reply:
            case ("/restyle/accepted", (_, position)) if self.job in (None, Job(LOST, 0.0, "")):
                self.job = Job(QUEUED if position else "running", 0.0, "")
            case ("/restyle/progress", (_, fraction, stage)):
                self.job = Job("running", fraction, stage)
            case ("/restyle/advice", (_, text)):
                self.advice = text
            case ("/restyle/done", ("submit", job, out, frames, rate, seconds)):
                self.outcome = Result(job, out, frames, rate, seconds, self.advice)
            case ("/restyle/fail", ("/restyle/submit", _, code, message)):
                self.outcome = Failed(code, message)
            case ("/restyle/fail", ("/restyle/job", _, "no_such_job", message)):
                if self.submission is None:
                    self.outcome = Failed("no_such_job", message)
                else:  # the server has lost its journal, and can be told again
                    self.job = Job(LOST, 0.0, "")
            case ("/restyle/job.reply", (_, "failed", _, detail)):
                code, _, message = detail.partition(": ")
                self.outcome = Failed(code, message)
            case ("/restyle/cancelled", (job,)) | ("/restyle/job.reply", (job, "cancelled", *_)):
                self.outcome = JobCancelled(f"{job} was cancelled.")
            case ("/restyle/job.reply", (job, state, fraction, detail)):
                self.job = Job(state, fraction, detail)
                if state == "done" and self.submission is None:
                    self.outcome = _from_file(job, detail)


def _from_file(job: str, out: str) -> Result:
    """The result of a job by its report, since the server tells only the output."""
    try:
        facts = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
        frames, rate, seconds = (facts[key] for key in ("frames", "rate", "seconds"))
        advice = facts.get("made_of", {}).get("advice") or ""
        return Result(job, out, frames, rate, seconds, advice)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Result(job, out, 0, 0, 0.0)
