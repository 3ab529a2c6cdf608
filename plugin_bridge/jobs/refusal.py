"""Why a request or a job fails: a code for programs, a line with the remedy for people."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType

from plugin_bridge.errors import shown

MAX_CHARACTERS = 1000  # of a message: it names paths, and has to go into a datagram. Not searched

#: The codes of failures, and what each means.
CODES: Mapping[str, str] = MappingProxyType(
    {
        "bad_request": "the arguments are not what the address takes",
        "unknown_address": "there is no such address",
        "too_many": "the same client asked for more lists than are answered at once",
        "id_taken": "the job's id belongs to another job",
        "no_such_job": "there is no job of that id",
        "no_such_preset": "there is no preset or chain of that name, or none was chosen",
        "bad_chain": "the chain cannot be used as its file has it: see restyle chains validate",
        "no_such_plugin": "a plugin of the chain is in none of the folders of --plugins",
        "bad_setting": "a key is unknown, or its value out of range",
        "outside_root": "the path leads outside of every --root",
        "not_found": "the stem is not there",
        "not_a_file": "the stem is not an ordinary file",
        "not_audio": "the name is not that of a sound file, or the file is not one",
        "too_long": "the stem is longer than --max-minutes",
        "queue_full": "--max-queue jobs are waiting",
        "out_exists": "the result, or a file that the server needs beside it, exists",
        "out_taken": "another job is to write the same file",
        "out_is_in": "the result would replace the stem",
        "out_not_writable": "the result's folder is missing or read-only",
        "disk_full": "there is no room left",
        "journal_busy": "another program has locked the journal",
        "journal_gone": "the journal was deleted or replaced while the server ran",
        "out_of_files": "more files are open than the system allows: raise the limit (ulimit -n)",
        "unreadable": "the stem or the preset's clip cannot be read or restyled",
        "worker_died": "a worker process ended in the middle, twice",
        "hung": "a worker stopped answering, twice",
        "plugin_failed": "a plugin of the chain crashed, or stopped answering; the text names it",
        "internal": "a fault of Restyle's; the log has more",
        "no_such_upload": "there is no upload of that id: it was deleted, or was not used in time",
        "quota_exceeded": "the key's minutes of audio for this month are spent",
        "too_many_jobs": "too many jobs of the same owner wait",
        "no_room": "the owner's uploads and results take all that is theirs: delete some",
        "too_large": "the request is larger than the server takes",
        "unsupported": "the request is of a kind that the server does not take",
        "unauthorised": "there is no key with the request, or it is not a good one",
        "forbidden": "the request comes from another site, or to another name than the server's",
        "rate_limited": "the key's requests come too fast",
        "stopping": "the server is stopping; it goes on with accepted jobs after its next start",
        "not_ready": "there is no result yet, or there will be none",
    }
)


class Refusal(ValueError):  # noqa: N818 - the answer to a request
    """A request is refused, or a job fails: a code of `CODES`, and one line with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(shown(message, MAX_CHARACTERS))
        self.code = code

    def __reduce__(self) -> tuple[type[Refusal], tuple[str, str]]:
        return Refusal, (self.code, str(self))


def code_of(error: Exception) -> str:
    """The code for an exception in a worker; `plugin_bridge.errors.explain_job` words it."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, OSError) and error.strerror:
        return _OF_ERRNO.get(error.errno or 0, "unreadable")
    if isinstance(error, (ValueError, OSError, MemoryError)):
        return "unreadable"
    return "internal"


_OF_ERRNO = {
    errno.EMFILE: "out_of_files",
    errno.ENFILE: "out_of_files",
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "out_not_writable",
    errno.EPERM: "out_not_writable",
    errno.EROFS: "out_not_writable",
    errno.ENOENT: "not_found",
}
