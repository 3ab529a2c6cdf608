"""API 1: what may be said to the server over OSC, and what it answers.

``COMMANDS`` is the one table of the addresses; the server checks arguments by it, and
``/restyle/help`` reads it out. Numbers and booleans are taken for each other, since OSC clients
differ in what they send.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

API = 1
NAME = "restyle"
HOST = "127.0.0.1"
PORT = 9471


class Command(NamedTuple):
    """One address.

    Attributes:
        types: OSC type tags of the arguments that have to be there.
        optional: type tags of those that may follow; ``*`` is any number of any type.
        arguments: the arguments, for people.
        text: what it does and what is answered, for people.
    """

    types: str
    optional: str
    arguments: str
    text: str


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "/restyle/help": Command(
            "", "", "", "These lines: /restyle/help.reply s:address s:arguments s:text, one each."
        ),
        "/restyle/version": Command(
            "", "", "", "Answered by /restyle/version.reply s:name s:version i:api."
        ),
        "/restyle/status": Command(
            "", "", "", "Answered by /restyle/status.reply i:queued i:running i:done i:failed."
        ),
        "/restyle/notify": Command(
            "i",
            "i",
            "i:1 or 0, [i:port]",
            "Send every job's progress and end here, or to that port of this machine, for an hour; "
            "with a port, answers go there as well. 0 ends it. Answered by /restyle/done s:notify "
            "i:client.",
        ),
        "/restyle/preset/list": Command(
            "",
            "",
            "",
            "Answered by /restyle/preset i:index i:total s:name s:label i:gm, one for each; gm is "
            "the General MIDI program, or -1.",
        ),
        "/restyle/param/list": Command(
            "",
            "s",
            "[s:preset]",
            "Answered by /restyle/param s:name s:type f:min f:max f:default, one for each.",
        ),
        "/restyle/param/set": Command(
            "sf",
            "",
            "s:name f:value",
            "The value for jobs that give none. Answered by /restyle/param, clamped to its range.",
        ),
        "/restyle/submit": Command(
            "ssss",
            "*",
            "s:job s:in s:out s:preset, then [s:key f:value]…",
            "Restyle the file in and write out. Answered by /restyle/accepted s:job i:position, "
            "then /restyle/progress s:job f:fraction s:stage, and in the end /restyle/done "
            "s:submit s:job s:out i:frames i:rate f:seconds. Sending it again changes nothing.",
        ),
        "/restyle/cancel": Command(
            "s", "", "s:job", "Stop a job; no file is left. Answered by /restyle/cancelled s:job."
        ),
        "/restyle/job": Command(
            "s",
            "",
            "s:job",
            "Answered by /restyle/job.reply s:job s:state f:progress s:detail; the state is queued,"
            " running, done, failed or cancelled.",
        ),
    }
)

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
