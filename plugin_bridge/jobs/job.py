"""A job: what was asked for, and how far it has got."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = float | str  # of a setting

State = Literal["queued", "running", "written", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")


@dataclass
class Job:
    """One job.

    Attributes:
        id: the client's name for it.
        request: what the client sent, as text; a second submit with the same id and the same
            request is the same job.
        operation: what is done, see `plugin_bridge.jobs.operations`.
        inputs: absolute paths of the files it reads, by the operation's names for them.
        output: the absolute path of the file it writes.
        settings: by name, see the operation.
        owner: whose job it is; ``""`` if it is nobody's in particular.
        state: ``queued``, ``running``, ``written`` (its result is whole in OUT.part), or how it
            ended.
        deaths: how many workers died or hung while they worked on it.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
        made_of: which share of the result was played, kept and blended, and the advice: see
            `effects.engines.report.Report.summary`. Empty if the operation does not tell.
        number: its place in the order of submission.
        progress, stage: how far the worker is; the journal does not keep these.
    """

    id: str
    request: str
    operation: str
    inputs: Mapping[str, str]
    output: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    owner: str = ""
    state: State = "queued"
    deaths: int = 0
    frames: int = 0
    rate: int = 0
    seconds: float = 0.0
    code: str = ""
    error: str = ""
    made_of: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    progress: float = 0.0
    stage: str = ""

    @property
    def ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.state in ENDED

    @property
    def advice(self) -> str:
        """What was heard and what to try, in one line, if much was not played; else ``""``."""
        return str(self.made_of.get("advice") or "")

    @property
    def report(self) -> str:
        """How it ended, as one line of JSON."""
        names = ("frames", "rate", "seconds", "code", "error", "made_of")
        values = {name: getattr(self, name) for name in names}
        return (
            json.dumps({"job": self.id, "state": self.state, "out": self.output, **values}) + "\n"
        )
