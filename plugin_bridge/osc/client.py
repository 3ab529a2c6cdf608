"""A client of ``restyle serve``: submit a stem, follow the job, get the result.

>>> with Client() as client:  # doctest: +SKIP
...     job = client.submit("piano.wav", "piano-violin.wav", "violin", strength=0.7)
...     print(client.wait(job, on_progress=print).out)

UDP loses, repeats and reorders datagrams, so each request is repeated until it is answered; the
server knows repetitions. A `Client` is for one thread at a time.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from plugin_bridge.client_types import (
    QUEUED,
    SILENT,
    Chain,
    Failed,
    Job,
    JobCancelled,
    NoServer,
    Preset,
    Refused,
    Result,
    Status,
    Version,
)
from plugin_bridge.osc.addresses import HOST, MASHUP, MAX_ID, MORPH, PORT, SUBMIT, TWEAK
from plugin_bridge.osc.connection import Connection, stood_still
from plugin_bridge.osc.datagram import MAX_BYTES, encode
from plugin_bridge.osc.followed_job import Followed
from plugin_bridge.osc.replies import Reply, whose

if TYPE_CHECKING:
    from effects.running.progress import OnProgress

__all__ = [
    "QUEUED",
    "SILENT",
    "Chain",
    "Client",
    "Failed",
    "Job",
    "JobCancelled",
    "NoServer",
    "Preset",
    "Refused",
    "Result",
    "Status",
    "Version",
    "new_job",
]

T = TypeVar("T")

# Not searched.
TICK = 0.1  # seconds from one report of progress to the next
QUIET = 0.5  # seconds without news of a job, after which the server is asked
SILENCE = 30.0  # seconds without a word from the server, after which `Client.wait` gives up


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
        self._jobs: dict[str, Followed] = {}
        self._connection = Connection(host, port, self._hear)

    def close(self) -> None:
        """Give the port back. Jobs go on. Calling this again does nothing."""
        self._connection.close()

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
        style: str | os.PathLike[str] | None = None,
        strength: float | None = None,
        mix: float | None = None,
        gain_db: float | None = None,
        seed: int | None = None,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
        drums: str | None = None,
        dynamics: float | None = None,
        engine: str | None = None,
        **of_effects: float | str | None,
    ) -> str:
        """Queue a stem. Returns the job's id as soon as the server has accepted it.

        Args:
            input: the stem. Relative paths are from this process's working directory.
            output: the file to write, which must not exist.
            preset: a style by name or General MIDI number, or the name of a chain (`chains`);
                ``""`` for the server's own choice.
            job: an id of your own. Submitting the same again under the same id changes nothing.
            style: a clip of one's own, in place of a preset: a file that the server may read.
            strength: 0 leaves the stem as it is, 1 is all style.
            mix: 0 is the dry stem, 1 the restyled one alone.
            gain_db: the output's gain, -60 to 0 dB.
            seed: draws what is random.
            start_seconds: where in the stem to begin.
            end_seconds: where to end.
            drums: what becomes of drums beside notes: ``"keep"``, ``"play"`` or ``"drop"``.
            dynamics: how far the levels of notes follow the stem's, 0 to 1.
            engine: one of `effects.engines.ENGINES`; ``drums`` and ``dynamics`` are only for the
                default one.
            of_effects: parameters of the effects of a chain, as ``**{"reverb.wet_level": 0.4}``.

        A setting that is None is as the server has it for all jobs, or else as the preset
        advises, or as suits the engine.

        Raises:
            Refused: the server will not do it.
            NoServer: nothing answers. Should the job have arrived all the same, submitting it
                again under its id changes nothing.
            ValueError: OSC cannot carry a path, or the whole is too long.
            TypeError: there is no such setting.
        """
        if unknown := [name for name in of_effects if "." not in name]:
            raise TypeError(f"submit() got an unexpected keyword argument {unknown[0]!r}")
        job = new_job() if job is None else job
        settings: dict[str, float | str | None] = {
            "style": None if style is None else os.path.abspath(os.fspath(style)),
            "strength": strength,
            "mix": mix,
            "gain_db": gain_db,
            "start_seconds": start_seconds,
            "end_seconds": end_seconds,
            "seed": seed,
            "drums": drums,
            "dynamics": dynamics,
            "engine": engine,
            **of_effects,
        }
        stem, out = (os.path.abspath(os.fspath(path)) for path in (input, output))
        self._submit(SUBMIT, job, _submission(SUBMIT, (job, stem, out, preset), settings))
        return job

    def mashup(
        self,
        a: str | os.PathLike[str],
        b: str | os.PathLike[str],
        output: str | os.PathLike[str],
        *,
        job: str | None = None,
        lead: str | None = None,
        balance: float | None = None,
        bed: str | None = None,
        tempo: str | float | None = None,
        key: str | None = None,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
    ) -> str:
        """Queue two songs that are to be one. Returns the job's id once it is accepted.

        Args:
            a: the song whose lead is heard. Relative paths are from this process's working
                directory.
            b: the song whose bed is heard.
            output: the file to write, which must not exist.
            job: an id of your own. Submitting the same again under the same id changes nothing.
            lead: whose lead is heard: ``"a"``, ``"b"`` or ``"auto"``.
            balance: -1 is only the bed, 1 only the lead, 0 both as they are.
            bed: what is heard of the other song: ``"full"``, or ``"rhythm"``, drums and bass.
            tempo: whose: ``"b"``, ``"a"``, or beats a minute.
            key: whose: ``"b"``, ``"a"``, or ``"none"`` to shift nothing.
            start_seconds: where in the mashup to begin.
            end_seconds: where to end.

        Raises:
            Refused, NoServer, ValueError: as `submit`.
        """
        settings: dict[str, float | str | None] = {
            "lead": lead,
            "balance": balance,
            "bed": bed,
            "tempo": tempo if tempo is None else str(tempo),
            "key": key,
            "start_seconds": start_seconds,
            "end_seconds": end_seconds,
        }
        return self._order(MASHUP, job, (a, b, output), settings)

    def morph(
        self,
        a: str | os.PathLike[str],
        b: str | os.PathLike[str],
        output: str | os.PathLike[str],
        *,
        job: str | None = None,
        at: str | float | None = None,
        method: str | None = None,
        tempo: str | None = None,
        seed: int | None = None,
        length_seconds: float | None = None,
    ) -> str:
        """Queue the piece between two others. Returns the job's id once it is accepted.

        Args:
            a: the piece at 0. Relative paths are from this process's working directory.
            b: the piece at 1.
            output: the file to write, which must not exist.
            job: an id of your own. Submitting the same again under the same id changes nothing.
            at: how far from A to B: 0 to 1, or a way such as ``"0:1"`` over the length.
            method: where its notes come from: ``"notes"``, ``"latent"`` or ``"both"``.
            tempo: ``"between"``, or ``"own"`` to leave both as fast as they are.
            seed: draws who goes first among equals.
            length_seconds: how long it is to be; None for as long as the longer piece.

        Raises:
            Refused, NoServer, ValueError: as `submit`.
        """
        settings: dict[str, float | str | None] = {
            "at": at if at is None else str(at),
            "method": method,
            "tempo": tempo,
            "seed": seed,
            "length_seconds": length_seconds,
        }
        return self._order(MORPH, job, (a, b, output), settings)

    def tweak(
        self,
        input: str | os.PathLike[str],
        output: str | os.PathLike[str],
        preset: str = "",
        *,
        job: str | None = None,
        style: str | os.PathLike[str] | None = None,
        **settings: float | str | None,
    ) -> str:
        """Queue a piece whose latent is to be changed. Returns the job's id once it is accepted.

        Args:
            input: the piece. Relative paths are from this process's working directory.
            output: the file to write, which must not exist.
            preset: who plays it, by name or General MIDI number; ``""`` for its own sounds.
            job: an id of your own. Submitting the same again under the same id changes nothing.
            style: a clip of one's own, in place of a preset: a file that the server may read.
            settings: as ``scale=1.3``, see `plugin_bridge.jobs.operations.tweak`; those that are
                None are left to the server.

        Raises:
            Refused, NoServer, ValueError: as `submit`.
        """
        clip = None if style is None else os.path.abspath(os.fspath(style))
        players = {"preset": preset or None, "style": clip}
        return self._order(TWEAK, job, (input, output), {**players, **settings})

    def _order(
        self,
        address: str,
        job: str | None,
        paths: Sequence[str | os.PathLike[str]],
        settings: Mapping[str, float | str | None],
    ) -> str:
        """Submit a job of an operation that has an address of its own. Returns its id."""
        job = new_job() if job is None else job
        whole = [os.path.abspath(os.fspath(path)) for path in paths]
        self._submit(address, job, _submission(address, (job, *whole), settings))
        return job

    def _submit(self, address: str, job: str, datagram: bytes) -> None:
        """Send a job until it is accepted; from then on, what the server says of it is kept."""
        known = self._jobs.get(job)
        if known is not None and known.submission not in (None, datagram):
            raise Refused("id_taken", f"{job} is another job: give this one an id of its own.")
        self._jobs[job] = Followed(datagram)

        def answer(reply: Reply) -> bool | None:
            _raise_refusal(reply, address, job)
            taken = reply.address in ("/restyle/accepted", "/restyle/done", "/restyle/cancelled")
            return True if taken and whose(reply) == job else None

        try:
            self._request(datagram, answer)
        except (Refused, NoServer):
            del self._jobs[job]
            raise

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
                second; the stage is ``"queued"`` until the job runs. If it raises, the job is
                cancelled, and the exception comes out of this call.
            timeout_seconds: how long to wait; None for as long as it takes.

        Raises:
            Failed: the job failed.
            JobCancelled: it was cancelled.
            NoServer: the server has been silent for 30 seconds, or was when the time was over.
            TimeoutError: the time is over. The job goes on.
        """
        followed = self._jobs.setdefault(job, Followed(None))
        end = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        outcome = self._follow(job, followed, end, on_progress)
        if isinstance(outcome, Exception):
            raise outcome
        if on_progress is not None:
            on_progress(1.0, "done")
        return outcome

    def _follow(
        self, job: str, followed: Followed, end: float, on_progress: OnProgress | None
    ) -> Result | Exception:
        """Listen, and ask if nothing is heard, until the job's outcome is known."""
        self._connection.heard, asked = time.monotonic(), -math.inf
        now = time.monotonic()
        while (outcome := followed.outcome) is None:
            if stood_still(now, TICK):
                self._connection.heard = time.monotonic()  # the silence begins anew
            now = time.monotonic()
            self._check_time(job, now, end)
            if followed.submission is not None and followed.to_submit_again:
                self._connection.send(followed.submission)
            elif now - max(followed.heard, asked) >= QUIET:
                asked = now
                self._connection.send(encode("/restyle/job", job))
            for _ in self._connection.listen(min(TICK, end - now)):
                if followed.outcome is not None:
                    break
            end += stood_still(now, TICK)
            if on_progress is not None and followed.outcome is None:
                self._report(job, followed.job, on_progress)
        return outcome

    def progress(self, job: str) -> Job:
        """How far a job has got. Raises Refused if the server does not know it, or NoServer."""

        def answer(reply: Reply) -> Job | None:
            _raise_refusal(reply, "/restyle/job", job)
            if reply.address == "/restyle/job.reply" and whose(reply) == job:
                return Job(*reply.arguments[1:])
            return None

        return self._request(encode("/restyle/job", job), answer)

    def cancel(self, job: str) -> bool:
        """Stop a job, which leaves no file. Returns whether it was stopped before its end.

        Raises:
            Refused: the server does not know it.
            NoServer: nothing answers.
        """

        def answer(reply: Reply) -> bool | None:
            _raise_refusal(reply, "/restyle/cancel", job)
            if whose(reply) != job:
                return None
            match reply:
                case ("/restyle/cancelled", _) | ("/restyle/job.reply", (_, "cancelled", *_)):
                    return True
                case ("/restyle/done", _) | ("/restyle/fail", ("/restyle/submit", *_)):
                    return False
            return None

        question = encode("/restyle/job", job)  # stopping takes a moment; this is answered at once
        return self._request(encode("/restyle/cancel", job), answer, question)

    # The server

    def version(self) -> Version:
        """What the server is. Raises NoServer."""
        return Version(*self._ask("/restyle/version"))

    def status(self) -> Status:
        """How much the server has to do. Raises NoServer."""
        return Status(*self._ask("/restyle/status"))

    def presets(self) -> list[Preset]:
        """The server's presets. Raises NoServer."""
        found: dict[int, Preset] = {}

        def answer(reply: Reply) -> list[Preset] | None:
            _raise_refusal(reply, "/restyle/preset/list", "")
            if reply.address != "/restyle/preset":
                return None
            index, total, name, label, program = reply.arguments
            found[index] = Preset(name, label, None if program < 0 else program)
            if all(place in found for place in range(total)):
                return [found[place] for place in range(total)]
            return None

        return self._request(encode("/restyle/preset/list"), answer)

    def chains(self) -> list[Chain]:
        """The server's chains of effects. Raises NoServer."""
        found: dict[int, Chain] = {}

        def answer(reply: Reply) -> list[Chain] | None:
            _raise_refusal(reply, "/restyle/chain/list", "")
            if reply.address != "/restyle/chain":
                return None
            index, total, name, label = reply.arguments
            found[index] = Chain(name, label)
            if all(place in found for place in range(total)):
                return [found[place] for place in range(total)]
            return None

        return self._request(encode("/restyle/chain/list"), answer)

    def notify(self, on: bool, port: int | None = None) -> int:
        """Start or stop the news of every client's jobs, sent here or to a port of this machine.

        They end by themselves after an hour. Returns the number that the server gives to the
        listener. Raises Refused or NoServer.
        """
        arguments = [int(on)] if port is None else [int(on), port]

        def answer(reply: Reply) -> int | None:
            _raise_refusal(reply, "/restyle/notify", "")
            match reply:
                case ("/restyle/done", ("notify", number)):
                    return int(number)
            return None

        return self._request(encode("/restyle/notify", *arguments), answer)

    # Datagrams

    def _ask(self, address: str) -> tuple[Any, ...]:
        """The arguments of the reply to a request that has none."""

        def answer(reply: Reply) -> tuple[Any, ...] | None:
            _raise_refusal(reply, address, "")
            return reply.arguments if reply.address == f"{address}.reply" else None

        return self._request(encode(address), answer)

    def _request(self, datagram: bytes, answer: Callable[[Reply], T | None], *more: bytes) -> T:
        """See `Connection.request`."""
        return self._connection.request(
            datagram, answer, *more, timeout_seconds=self.timeout_seconds
        )

    def _hear(self, reply: Reply) -> None:
        """Keep what a reply says of a job that is followed."""
        followed = self._jobs.get(whose(reply))
        if followed is not None:
            followed.hear(reply)

    def _report(self, job: str, at: Job | None, on_progress: OnProgress) -> None:
        silent = time.monotonic() - self._connection.heard > self.timeout_seconds
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
        silence = now - self._connection.heard
        if (end == math.inf and silence >= SILENCE) or (now >= end and silence > 2 * QUIET):
            raise self._connection.no_server()
        if now >= end:
            raise TimeoutError(f"{job} is not finished yet: it goes on at the server.")


def new_job() -> str:
    """An id that no other job has."""
    return f"job-{uuid4().hex[:12]}"


def _submission(
    address: str, first: tuple[str, ...], settings: Mapping[str, float | str | None]
) -> bytes:
    """The datagram that submits the job ``first[0]``. Raises ValueError if OSC cannot carry it."""
    given = {name: value for name, value in settings.items() if value is not None}
    types = "s" * len(first) + "".join(f"s{_type_of(name, it)}" for name, it in given.items())
    flat = [it for pair in given.items() for it in pair]
    datagram = encode(address, *first, *flat, types=types)
    if len(datagram) > MAX_BYTES:
        raise ValueError(f"{first[0]}: the paths are too long to be sent.")
    return datagram


def _type_of(name: str, value: float | str) -> str:
    """The type tag of a setting: of a text, of the one whole number that may be large, or else."""
    if isinstance(value, bool):
        return "T" if value else "F"
    return "s" if isinstance(value, str) else "h" if name == "seed" else "d"


def _raise_refusal(reply: Reply, address: str, job: str) -> None:
    """Raise Refused if the reply says so, unless it only says to ask again later.

    Who is notified hears of others' refusals, too: those are of other jobs, or of none.
    """
    match reply:
        case ("/restyle/fail", (to, of, code, message)):
            if (to, of) == (address, job[:MAX_ID]) and code != "too_many":
                raise Refused(code, message)
