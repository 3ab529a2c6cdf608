"""A client of ``restyle serve``: submit a stem, follow it, have the result.

>>> with Client() as client:  # doctest: +SKIP
...     job = client.submit("piano.wav", "piano-violin.wav", "violin", strength=0.7)
...     print(client.wait(job, on_progress=print).out)

UDP loses, repeats and reorders datagrams, so everything is asked again until it is answered; the
server takes a repeated request for the same one. A `Client` is for one thread at a time.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from plugin_bridge.osc.addresses import HOST, PORT
from plugin_bridge.osc.datagram import (
    MAX_BYTES,
    BadArguments,
    BadDatagram,
    coerce,
    encode,
    read,
)

OnProgress = Callable[[float, str], object]
T = TypeVar("T")

QUEUED = "queued"
SILENT = "the server does not answer"
_LOST = "lost"  # a job that the server does not know, though it was accepted
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0  # seconds from a request to its repetition
TICK = 0.1  # seconds from one report of progress to the next
QUIET = 0.5  # seconds without news of a job, after which the server is asked
MOST = 4  # times the timeout, for a server that says much, but not what it was asked
SILENCE = 30.0  # seconds without a word from the server, after which `Client.wait` gives up
REFUSED_PAUSE = 0.05  # seconds to wait where nobody listens at the port

_REPLIES = {  # the types of what the server says; what does not fit is not from a Restyle server
    "/restyle/version.reply": ["ssi"],
    "/restyle/status.reply": ["iiii"],
    "/restyle/preset": ["iissi"],
    "/restyle/accepted": ["si"],
    "/restyle/progress": ["sfs"],
    "/restyle/done": ["sssiif", "si"],
    "/restyle/cancelled": ["s"],
    "/restyle/job.reply": ["ssfs"],
    "/restyle/fail": ["ssss"],
}


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


class _Reply(NamedTuple):
    """A message of the server's, whose arguments are those of `_REPLIES`."""

    address: str
    arguments: tuple[Any, ...]


@dataclass
class _Followed:
    """What is known of a job that was submitted or is waited for here."""

    submission: bytes | None  # sent again, it is answered by how the job ended
    heard: float = -math.inf
    job: Job | None = None
    outcome: Result | Exception | None = None

    @property
    def to_submit_again(self) -> bool:
        """Whether that would tell more than the question how the job is."""
        return self.job is not None and self.job.state in ("done", _LOST)

    def hear(self, reply: _Reply) -> None:
        """Keep what a reply says of this job."""
        self.heard = time.monotonic()
        match reply:
            case ("/restyle/accepted", (_, position)) if self.job in (None, Job(_LOST, 0.0, "")):
                self.job = Job(QUEUED if position else "running", 0.0, "")
            case ("/restyle/progress", (_, fraction, stage)):
                self.job = Job("running", fraction, stage)
            case ("/restyle/done", ("submit", job, out, frames, rate, seconds)):
                self.outcome = Result(job, out, frames, rate, seconds)
            case ("/restyle/fail", ("/restyle/submit", _, code, message)):
                self.outcome = Failed(code, message)
            case ("/restyle/fail", ("/restyle/job", _, "no_such_job", message)):
                if self.submission is None:
                    self.outcome = Failed("no_such_job", message)
                else:  # the server has lost its journal, and can be told again
                    self.job = Job(_LOST, 0.0, "")
            case ("/restyle/job.reply", (_, "failed", _, detail)):
                code, _, message = detail.partition(": ")
                self.outcome = Failed(code, message)
            case ("/restyle/cancelled", (job,)) | ("/restyle/job.reply", (job, "cancelled", *_)):
                self.outcome = JobCancelled(f"{job} was cancelled.")
            case ("/restyle/job.reply", (job, state, fraction, detail)):
                self.job = Job(state, fraction, detail)
                if state == "done" and self.submission is None:
                    self.outcome = _from_file(job, detail)


class Client:
    """A connection to a server, to be closed by `close` or at the end of a ``with`` block.

    Args:
        host: the server's name or address.
        port: its UDP port.
        timeout_seconds: how long to ask a server that says nothing before `NoServer` is raised.

    Raises:
        ValueError: an impossible port.
        NoServer: the host is unknown, or cannot be reached.
    """

    def __init__(self, host: str = HOST, port: int = PORT, *, timeout_seconds: float = 5.0) -> None:
        if not 0 < port < 65536:
            raise ValueError(f"The port must be between 1 and 65535, not {port}.")
        self.host, self.port, self.timeout_seconds = host, port, timeout_seconds
        self._jobs: dict[str, _Followed] = {}
        self._heard = -math.inf
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            # A server listens at one address, and that of localhost is rather 127.0.0.1 than ::1.
            family, kind, protocol, _, address = min(found, key=lambda it: it[0] != socket.AF_INET)
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise self._no_server() from error
        try:
            self._socket.connect(address)  # from here on, only the server's datagrams come in
        except OSError as error:
            self._socket.close()
            raise self._no_server() from error

    def close(self) -> None:
        """Give the port back. Jobs go on. Doing so again does nothing."""
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Jobs

    def submit(
        self,
        input: str | os.PathLike[str],
        output: str | os.PathLike[str],
        preset: str = "",
        *,
        job: str | None = None,
        strength: float | None = None,
        mix: float | None = None,
        gain_db: float | None = None,
        seed: int | None = None,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
    ) -> str:
        """Queue a stem. Returns the job's id as soon as the server has accepted it.

        Args:
            input: the stem. Relative paths are from this process's working directory.
            output: the file to write, which must not exist.
            preset: a style by name or General MIDI number; ``""`` for the server's own choice.
            job: an id of your own. Submitting the same again under the same id changes nothing.
            strength: 0 leaves the stem as it is, 1 is all style.
            mix: 0 is the dry stem, 1 the restyled one alone.
            gain_db: the output's gain, -60 to 0 dB.
            seed: draws what is random.
            start_seconds: where the part of the stem that is wanted begins.
            end_seconds: where it ends.

        Settings that are None are those that the server has for all jobs, or the preset advises.

        Raises:
            Refused: the server will not do it.
            NoServer: nothing answers. Should the job have arrived all the same, submitting it
                again under its id changes nothing.
            ValueError: OSC cannot carry a path, or the whole is too long.
        """
        job = new_job() if job is None else job
        settings = {
            "strength": strength,
            "mix": mix,
            "gain_db": gain_db,
            "start_seconds": start_seconds,
            "end_seconds": end_seconds,
        }
        pairs = [pair for pair in settings.items() if pair[1] is not None]
        types = "ssss" + "sd" * len(pairs)
        if seed is not None:
            pairs.append(("seed", seed))
            types += "sh"
        paths = [os.path.abspath(os.fspath(path)) for path in (input, output)]
        flat = [value for pair in pairs for value in pair]
        datagram = encode("/restyle/submit", job, *paths, preset, *flat, types=types)
        if len(datagram) > MAX_BYTES:
            raise ValueError(f"{job}: the paths are too long to be sent.")
        known = self._jobs.get(job)
        if known is not None and known.submission not in (None, datagram):
            raise Refused("id_taken", f"{job} is another job: give this one an id of its own.")
        self._jobs[job] = _Followed(datagram)

        def answer(reply: _Reply) -> bool | None:
            self._raise_refusal(reply, "/restyle/submit", job)
            taken = reply.address in ("/restyle/accepted", "/restyle/done", "/restyle/cancelled")
            return True if taken and _whose(reply) == job else None

        try:
            self._request(datagram, answer)
        except (Refused, NoServer):
            del self._jobs[job]
            raise
        return job

    def wait(
        self,
        job: str,
        *,
        on_progress: OnProgress | None = None,
        timeout_seconds: float | None = None,
    ) -> Result:
        """Wait for a job's end, through restarts of the server.

        Args:
            job: what `submit` returned, or the id of any other job.
            on_progress: called with a fraction from 0 to 1 and a stage in words ten times a
                second; the stage is ``"queued"`` until the job runs. What it raises cancels the
                job and comes out.
            timeout_seconds: how long to wait; None for as long as it takes.

        Raises:
            Failed: the job failed.
            JobCancelled: it was cancelled.
            NoServer: the server has said nothing for 30 seconds, or when the time was over.
            TimeoutError: the time is over. The job goes on.
        """
        followed = self._jobs.setdefault(job, _Followed(None))
        end = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        self._heard, asked = time.monotonic(), -math.inf
        while followed.outcome is None:
            now = time.monotonic()
            self._check_time(job, now, end)
            if followed.submission is not None and followed.to_submit_again:
                self._send(followed.submission)
            elif now - max(followed.heard, asked) >= QUIET:
                asked = now
                self._send(encode("/restyle/job", job))
            for _ in self._listen(min(TICK, end - now)):
                if followed.outcome is not None:
                    break
            if on_progress is not None and followed.outcome is None:
                self._report(job, followed.job, on_progress)
        if isinstance(followed.outcome, Exception):
            raise followed.outcome
        if on_progress is not None:
            on_progress(1.0, "done")
        return followed.outcome

    def progress(self, job: str) -> Job:
        """Where a job is. Raises Refused if the server does not know it, or NoServer."""

        def answer(reply: _Reply) -> Job | None:
            self._raise_refusal(reply, "/restyle/job", job)
            if reply.address == "/restyle/job.reply" and _whose(reply) == job:
                return Job(*reply.arguments[1:])
            return None

        return self._request(encode("/restyle/job", job), answer)

    def cancel(self, job: str) -> bool:
        """Stop a job, which leaves no file. Returns whether it was stopped before its end.

        Raises:
            Refused: the server does not know it.
            NoServer: nothing answers.
        """

        def answer(reply: _Reply) -> bool | None:
            self._raise_refusal(reply, "/restyle/cancel", job)
            if _whose(reply) != job:
                return None
            match reply:
                case ("/restyle/cancelled", _) | ("/restyle/job.reply", (_, "cancelled", *_)):
                    return True
                case ("/restyle/done", _) | ("/restyle/fail", ("/restyle/submit", *_)):
                    return False
            return None

        question = encode("/restyle/job", job)  # work takes a moment to stop: is there a server?
        return self._request(encode("/restyle/cancel", job), answer, question)

    # The server

    def version(self) -> Version:
        """What the server is. Raises NoServer."""
        return Version(*self._ask("/restyle/version"))

    def status(self) -> Status:
        """How much the server has to do. Raises NoServer."""
        return Status(*self._ask("/restyle/status"))

    def presets(self) -> list[Preset]:
        """The presets that the server has. Raises NoServer."""
        found: dict[int, Preset] = {}

        def answer(reply: _Reply) -> list[Preset] | None:
            self._raise_refusal(reply, "/restyle/preset/list", "")
            if reply.address != "/restyle/preset":
                return None
            index, total, name, label, program = reply.arguments
            found[index] = Preset(name, label, None if program < 0 else program)
            if all(place in found for place in range(total)):
                return [found[place] for place in range(total)]
            return None

        return self._request(encode("/restyle/preset/list"), answer)

    def notify(self, on: bool, port: int | None = None) -> int:
        """Have news of every client's jobs sent here, or to a port of this machine; or no longer.

        It ends by itself after an hour. Returns the number that the server gives to the listener.
        Raises Refused or NoServer.
        """
        arguments = [int(on)] if port is None else [int(on), port]

        def answer(reply: _Reply) -> int | None:
            self._raise_refusal(reply, "/restyle/notify", "")
            match reply:
                case ("/restyle/done", ("notify", number)):
                    return int(number)
            return None

        return self._request(encode("/restyle/notify", *arguments), answer)

    # Datagrams

    def _ask(self, address: str) -> tuple[Any, ...]:
        """The arguments of the reply to a request without any."""

        def answer(reply: _Reply) -> tuple[Any, ...] | None:
            self._raise_refusal(reply, address, "")
            return reply.arguments if reply.address == f"{address}.reply" else None

        return self._request(encode(address), answer)

    def _request(self, datagram: bytes, answer: Callable[[_Reply], T | None], *more: bytes) -> T:
        """Send it, again and again, until ``answer`` makes something of a reply.

        ``more`` is sent along. It should be something that the server answers at once: as long as
        it does, the answer proper is waited for, within reason.
        """
        for _ in islice(iter(lambda: self._receive(0.0), None), 10_000):
            pass  # replies to what was asked before
        started, pause = time.monotonic(), FIRST_PAUSE
        self._heard = started
        while (left := self._patience(started)) > 0:
            for it in (datagram, *more):
                self._send(it)
            for reply in self._listen(min(pause, left)):
                if (found := answer(reply)) is not None:
                    return found
            pause = min(2 * pause, LONGEST_PAUSE)
        raise self._no_server()

    def _patience(self, started: float) -> float:
        """For how many seconds more to ask a question that was first asked at ``started``."""
        end = min(self._heard + self.timeout_seconds, started + MOST * self.timeout_seconds)
        return end - time.monotonic()

    def _send(self, datagram: bytes) -> None:
        with suppress(OSError):  # nobody may be there for the moment: it will be sent again
            self._socket.send(datagram)

    def _listen(self, seconds: float) -> Iterator[_Reply]:
        """What comes in for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            yield from self._receive(left) or ()

    def _receive(self, seconds: float) -> list[_Reply] | None:
        """The next datagram's messages, those that make sense; None if none comes in time."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError:  # what was sent found nobody
            time.sleep(min(seconds, REFUSED_PAUSE))
            return []
        replies = list(_understood(data))
        for reply in replies:
            self._heard = time.monotonic()
            followed = self._jobs.get(_whose(reply))
            if followed is not None:
                followed.hear(reply)
        return replies

    def _report(self, job: str, at: Job | None, on_progress: OnProgress) -> None:
        silent = time.monotonic() - self._heard > self.timeout_seconds
        stage = QUEUED if at is None or at.state != "running" else at.detail or "running"
        try:
            on_progress(
                0.0 if at is None else min(max(at.progress, 0.0), 1.0),
                SILENT if silent else stage,
            )
        except BaseException:
            with suppress(Refused, NoServer):
                self.cancel(job)
            raise

    def _check_time(self, job: str, now: float, end: float) -> None:
        silence = now - self._heard
        if (end == math.inf and silence >= SILENCE) or (now >= end and silence > 2 * QUIET):
            raise self._no_server()
        if now >= end:
            raise TimeoutError(f"{job} is not finished yet: it goes on at the server.")

    def _raise_refusal(self, reply: _Reply, address: str, job: str) -> None:
        """Raise Refused if the reply says so; a client that asked too much asks again later."""
        match reply:
            case ("/restyle/fail", (to, whose, code, message)):
                if to == address and whose in (job, "") and code != "too_many":
                    raise Refused(code, message)

    def _no_server(self) -> NoServer:
        return NoServer(
            f"No Restyle server answers at {self.host}:{self.port}: "
            "start one with restyle serve --root FOLDER."
        )


def new_job() -> str:
    """An id that no other job has."""
    return f"job-{uuid4().hex[:12]}"


def _understood(data: bytes) -> Iterator[_Reply]:
    """The messages of a datagram that a Restyle server may say."""
    with suppress(BadDatagram):
        for address, arguments in read(data):
            for types in _REPLIES.get(address, ()):
                with suppress(BadArguments):
                    yield _Reply(address, coerce(arguments, types))
                    break


def _whose(reply: _Reply) -> str:
    """The job that a reply is about; "" if it is about none."""
    match reply:
        case ("/restyle/done", ("submit", job, *_)) | ("/restyle/fail", (_, job, *_)):
            return str(job)
        case (
            "/restyle/accepted" | "/restyle/progress" | "/restyle/cancelled" | "/restyle/job.reply",
            (job, *_),
        ):
            return str(job)
    return ""


def _from_file(job: str, out: str) -> Result:
    """The result of a job of which only the output is known."""
    try:
        facts = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
        return Result(job, out, *(facts[key] for key in ("frames", "rate", "seconds")))
    except (OSError, ValueError, LookupError, TypeError):
        return Result(job, out, 0, 0, 0.0)
