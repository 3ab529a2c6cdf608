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
        owner: whose job it is; ``""`` if it is nobody's in particular. The files of a job with an
            owner are in storage, and its inputs and output are keys there
            (`plugin_bridge.storage.files`) in place of paths.
        state: ``queued``, ``running``, ``written`` (its result is whole in OUT.part), or how it
            ended.
        deaths: how many workers died or hung while they worked on it.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
        made_of: which share of the result was played, kept and blended, and the advice: see
            `effects.engines.report.Report.summary`. Empty if the operation does not tell.
        names: what the client calls the inputs, by the operation's names for them.
        created, started, ended_at: when it was accepted, was last given to a worker, and ended, in
            Unix seconds; 0 if it was not, or if an older Restyle has done it.
        audio_seconds: how much audio it is about, by its inputs; once it is done, by its result.
        bytes, digest: of the result in storage: its size, and its SHA-256 in hex.
        webhook: the address that is told of its end; ``""`` for none.
        most_running: how many jobs of its owner may run at once; 0 for any number.
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
    names: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0
    started: float = 0.0
    ended_at: float = 0.0
    audio_seconds: float = 0.0
    bytes: int = 0
    digest: str = ""
    webhook: str = ""
    most_running: int = 0
    number: int = 0
    progress: float = 0.0
    stage: str = ""

    @property
    def ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.state in ENDED

    @property
    def stored(self) -> bool:
        """Whether its files are in storage, and not where a path says."""
        return bool(self.owner)

    @property
    def name(self) -> str:
        """What to call it: the client's name for its first input."""
        return next(iter(self.names.values()), "")

    @property
    def advice(self) -> str:
        """What to try, in one line, if much was not played or peaks were cut off; else ``""``."""
        return str(self.made_of.get("advice") or "")

    @property
    def report(self) -> str:
        """How it ended, as one line of JSON."""
        names = ("frames", "rate", "seconds", "code", "error", "made_of")
        values = {name: getattr(self, name) for name in names}
        return (
            json.dumps({"job": self.id, "state": self.state, "out": self.output, **values}) + "\n"
        )
