"""Why a request or a job fails: a code for programs, a line with the remedy for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: What ``/restyle/fail s:address s:job s:code s:message`` may say, and when.
CODES: Mapping[str, str] = MappingProxyType(
    {
        "bad_request": "the arguments are not what the address takes",
        "unknown_address": "there is no such address",
        "too_many": "the same client asked for more lists than are answered at once",
        "id_taken": "the job's id belongs to another job",
        "no_such_job": "there is no job of that id",
        "no_such_preset": "there is no preset of that name, or none was chosen",
        "bad_setting": "a key is unknown, or its value out of range",
        "outside_root": "the path leads outside of every --root",
        "not_found": "the stem is not there",
        "not_a_file": "the stem is not an ordinary file",
        "not_audio": "a name that is no sound file's, or a file that is none",
        "too_long": "the stem is longer than --max-minutes",
        "queue_full": "--max-queue jobs are waiting",
        "out_exists": "the result, or a file that the server needs beside it, exists",
        "out_taken": "another job is to write the same file",
        "out_is_in": "the result would replace the stem",
        "out_not_writable": "the result's folder is missing or read-only",
        "disk_full": "there is no room left",
        "unreadable": "the stem or the preset's clip cannot be read or restyled",
        "worker_died": "a worker process ended in the middle, twice",
        "hung": "a worker stopped answering, twice",
        "internal": "a fault of Restyle's; the log has more",
    }
)


class Refusal(ValueError):  # noqa: N818 - the answer to a request
    """A request or a job that fails: a code out of `CODES`, and one line with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def one_line(error: BaseException) -> str:
    """What an exception says, on one line of bounded length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 500 else text[:499] + "…"
