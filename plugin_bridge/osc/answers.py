"""What a client is told: how a job is, how it ended, and what the server is."""

from __future__ import annotations

from typing import NamedTuple


class NoServer(OSError):  # noqa: N818 - says what is the matter
    """Nothing answers where the server should be."""

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
    """A job that is done: its file, that file's samples per channel and per second, and how many
    seconds the work took. The numbers are 0 for the job of another client whose
    ``<out>.json`` cannot be read.
    """

    job: str
    out: str
    frames: int
    rate: int
    seconds: float


class Job(NamedTuple):
    """Where a job is.

    Attributes:
        state: queued, running, done, failed or cancelled.
        progress: from 0 to 1.
        detail: the stage of a running job, the output of one that is done, the reason of one that
            failed.
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
    """A preset of the server's; ``program`` is its General MIDI number, if it has one."""

    name: str
    label: str
    program: int | None
