"""A job: what was asked for, and how far it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

State = Literal["queued", "running", "written", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")


@dataclass
class Job:
    """One job.

    Attributes:
        id: the client's name for it.
        request: the submitted arguments, by which a repeated submit is told from another job.
        stem, out: the files, absolute.
        preset: the preset's name.
        settings: by name, see `plugin_bridge.jobs.settings`.
        state: ``queued``, ``running``, ``written`` (its result is whole in OUT.part), or how it
            ended.
        deaths: how many workers died or hung over it.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
        number: its place in the order of submission.
        progress, stage: where the worker is; not written down.
    """

    id: str
    request: str
    stem: str
    out: str
    preset: str
    settings: dict[str, float] = field(default_factory=dict)
    state: State = "queued"
    deaths: int = 0
    frames: int = 0
    rate: int = 0
    seconds: float = 0.0
    code: str = ""
    error: str = ""
    number: int = 0
    progress: float = 0.0
    stage: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    @property
    def report(self) -> str:
        """How it ended, as one line of JSON."""
        names = ("job", "state", "out", "frames", "rate", "seconds", "code", "error")
        values = {name: getattr(self, name) for name in names[1:]}
        return json.dumps({"job": self.id, **values}) + "\n"
