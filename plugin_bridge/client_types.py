"""What a client is told of jobs and of the server, however it speaks to it."""

from __future__ import annotations

from typing import NamedTuple

# Stages, as `wait` reports them: the job waits, or nothing is known of it just now.
QUEUED = "queued"
SILENT = "the server does not answer"


class NoServer(OSError):  # noqa: N818 - says what is the matter
    """Nothing answers at the server's address."""

    code = "no_server"


class Refused(ValueError):  # noqa: N818 - the answer to a request
    """The server refuses a request; ``code`` says why in a word that a script can test."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Failed(ValueError):  # noqa: N818 - how a job ended
    """A job failed; ``code`` says why in a word that a script can test."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JobCancelled(ValueError):  # noqa: N818 - how a job ended
    """A job was cancelled, here or elsewhere."""

    code = "cancelled"


class Result(NamedTuple):
    """A job that is done.

    The numbers are 0 for another client's job whose ``<out>.json`` cannot be read.

    Attributes:
        job: its id.
        out: the file that was written.
        frames: its samples per channel.
        rate: its sample rate in Hz.
        seconds: how long the work took.
        advice: what was heard and what to try, in one line, if much was not played; else ``""``.
    """

    job: str
    out: str
    frames: int
    rate: int
    seconds: float
    advice: str = ""


class Job(NamedTuple):
    """How far a job has got.

    Attributes:
        state: queued, running, done, failed or cancelled.
        progress: from 0 to 1.
        detail: a running job's stage, a done one's output, or why one failed.
    """

    state: str
    progress: float
    detail: str


class Status(NamedTuple):
    """How many jobs the server has in each state."""

    queued: int
    running: int
    done: int
    failed: int


class Version(NamedTuple):
    """What the server calls itself, and the API it speaks."""

    name: str
    version: str
    api: int


class Preset(NamedTuple):
    """A preset that the server has; ``program`` is its General MIDI number, if it has one."""

    name: str
    label: str
    program: int | None


class Chain(NamedTuple):
    """A chain of effects that the server has: its name stands where a preset's does."""

    name: str
    label: str
