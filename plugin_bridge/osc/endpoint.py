"""The UDP endpoint: a message comes in, is checked and acted on, and answers and news go out.

Answers go to the address that asked. News of a job (its progress and its end) go to whoever
submitted it and to those who sent ``/restyle/notify``.

No datagram may do harm: `plugin_bridge.osc.datagram` refuses malformed ones before they are
parsed; addresses are looked up, never matched as patterns; clients take turns, so that who asks for
much delays nobody else; a list is sent in small pieces, one at a time for each client; clients are
forgotten; and what cannot be taken in or sent at once is dropped, as UDP would.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, cast

import presets
from plugin_bridge.jobs import settings
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal, one_line
from plugin_bridge.jobs.scheduler import Scheduler
from plugin_bridge.osc.addresses import API, COMMANDS, NAME
from plugin_bridge.osc.datagram import (
    Argument,
    BadArguments,
    BadDatagram,
    Message,
    coerce,
    encode,
    read,
)
from plugin_bridge.osc.pairs import read_pairs

log = logging.getLogger("restyle.serve")

Client = tuple[str, int]  # host and port

NOTIFY_SECONDS = 3600.0
MAX_NOTIFIED = 32
MAX_LISTENERS = 8  # to one job
MAX_CLIENTS = 1024  # of jobs, and of lists on their way
MAX_WAITING = 256  # messages of one client
MAX_UNSENT_BYTES = 1 << 18
MAX_ID = 200  # characters
PIECE = 16  # messages of a list sent together; a client's socket buffers some 200 KB
PIECE_SECONDS = 0.004
TURN_SECONDS = 0.02  # for messages, before anything else has its turn
SUBMIT = "/restyle/submit"


class Endpoint(asyncio.DatagramProtocol):
    """Speaks API 1 for a scheduler.

    Args:
        scheduler: what does the work.
        preset: for jobs that name none.
    """

    def __init__(self, scheduler: Scheduler, *, preset: str = "") -> None:
        self.scheduler = scheduler
        self.preset = preset
        self.values: dict[str, float] = {}
        self.refused = 0  # datagrams that were no messages
        self.last_refusal = ""  # of a job, for the status page: not every client can hear it
        self._listeners: OrderedDict[str, OrderedDict[Client, None]] = OrderedDict()
        self._notified: dict[Client, float] = {}
        self._elsewhere: OrderedDict[Client, Client] = OrderedDict()
        self._lists: dict[Client, asyncio.Task[None]] = {}
        self._waiting: OrderedDict[Client, deque[Message]] = OrderedDict()
        self._own_version = version("restyle")
        self._logged = 0.0
        self._handlers: Mapping[str, Callable[..., None]] = {
            "/restyle/help": self._help,
            "/restyle/version": self._version,
            "/restyle/status": self._status,
            "/restyle/notify": self._notify,
            "/restyle/preset/list": self._list_presets,
            "/restyle/param/list": self._list_parameters,
            "/restyle/param/set": self._set_parameter,
            SUBMIT: self._submit,
            "/restyle/cancel": self._cancel,
            "/restyle/job": self._job,
        }

    # News.

    def on_event(self, job: Job, event: str) -> None:
        """Tell a job's submitter and the notified clients what became of it."""
        self._forget_notified()
        news = _end(job)
        if event == "progress":
            news = Message("/restyle/progress", (job.id, job.progress, job.stage))
        listeners = self._listeners.get(job.id, ())
        self._tell({*self._notified, *(it for c in listeners for it in self._ports(c))}, news)
        if job.ended:
            self._listeners.pop(job.id, None)

    def set_default(self, name: str, value: float | str) -> None:
        """Set a parameter, or the preset, of jobs that give none, and tell the notified clients."""
        if name == "preset":
            self.preset = str(value)
            known = [preset.name for preset in presets.every()]
            preset = presets.get(self.preset)
            index = known.index(preset.name)
            news = Message("/restyle/preset", _describe(index, len(known), preset))
        else:
            self.values[name] = settings.clamp(name, value)
            news = _parameter(name, self.values[name])
        self._forget_notified()
        self._tell(self._notified, news)

    def _forget_notified(self) -> None:
        """Forget the notified clients whose time is up."""
        now = time.monotonic()
        self._notified = {c: until for c, until in self._notified.items() if until > now}

    # Datagrams.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def error_received(self, exc: Exception) -> None:
        """A client is gone: it does not matter."""

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Act on the messages in a datagram."""
        client = (str(addr[0]), int(addr[1]))
        try:
            messages = read(data)
        except BadDatagram as error:
            self._refuse(client, error)
            return
        idle, waiting = not self._waiting, self._waiting.get(client, deque())
        if len(waiting) + len(messages) > MAX_WAITING or len(self._waiting) >= MAX_CLIENTS:
            return
        waiting.extend(messages)
        if waiting:
            self._waiting[client] = waiting
        if idle:
            self._take_turns()

    def _take_turns(self) -> None:
        """Act on what waits, a message of each client in turn; after a while, on the rest later."""
        end = time.monotonic() + TURN_SECONDS
        while self._waiting:
            client, waiting = self._waiting.popitem(last=False)
            message = waiting.popleft()
            if waiting:
                self._waiting[client] = waiting
            self._act_on(client, message)
            if self._waiting and time.monotonic() > end:
                asyncio.get_running_loop().call_soon(self._take_turns)
                return

    def _act_on(self, client: Client, message: Message) -> None:
        try:
            self._act(client, message)
        except Refusal as refusal:
            self._fail(client, message, refusal.code, str(refusal))
        except Exception as error:
            log.exception("fault", extra={"address": message.address})
            self._fail(client, message, "internal", one_line(error))

    def _act(self, client: Client, message: Message) -> None:
        command = COMMANDS.get(message.address)
        if command is None:
            raise Refusal(
                "unknown_address", f"There is no {message.address[:100]}: send /restyle/help."
            )
        given = message.arguments
        n, optional = len(command.types), command.optional
        try:
            first = coerce(given[:n], command.types)
            rest = given[n:] if optional == "*" else coerce(given[n:], optional[: len(given) - n])
        except BadArguments as error:
            raise Refusal(
                "bad_request", f"{message.address} takes {command.arguments or 'nothing'}: {error}."
            ) from error
        self._handlers[message.address](client, *first, *rest)

    def _refuse(self, client: Client, error: BadDatagram) -> None:
        """Note a malformed datagram, at most one a second; nobody is answered."""
        self.refused += 1
        if time.monotonic() - self._logged >= 1:
            self._logged = time.monotonic()
            log.warning(
                "no OSC message: %s", error, extra={"client": client[0], "refused": self.refused}
            )

    # Commands.

    def _help(self, client: Client) -> None:
        lines = ((address, c.arguments, c.text) for address, c in COMMANDS.items())
        self._send_list(client, "/restyle/help.reply", lines)

    def _version(self, client: Client) -> None:
        self._send(client, "/restyle/version.reply", NAME, self._own_version, API)

    def _status(self, client: Client) -> None:
        counts = self.scheduler.counts()
        numbers = (counts[state] for state in ("queued", "running", "done", "failed"))
        self._send(client, "/restyle/status.reply", *numbers)

    def _notify(self, client: Client, wanted: int, port: int = 0) -> None:
        if not 0 <= port < 1 << 16:
            raise Refusal("bad_request", f"A port is between 1 and 65535, not {port}.")
        listener = (client[0], port or client[1])
        self._notified.pop(listener, None)
        self._elsewhere.pop(client, None)
        if wanted and port:
            self._elsewhere[client] = listener
            if len(self._elsewhere) > MAX_CLIENTS:
                self._elsewhere.popitem(last=False)
        if wanted:
            if len(self._notified) >= MAX_NOTIFIED:
                del self._notified[min(self._notified, key=self._notified.__getitem__)]
            self._notified[listener] = time.monotonic() + NOTIFY_SECONDS
        number = list(self._notified).index(listener) if wanted else -1
        self._send(client, "/restyle/done", "notify", number)

    def _list_presets(self, client: Client) -> None:
        known = presets.every()
        lines = (_describe(index, len(known), preset) for index, preset in enumerate(known))
        self._send_list(client, "/restyle/preset", lines)

    def _list_parameters(self, client: Client, preset: str = "") -> None:
        advised = _preset(preset).parameters if preset else {}
        for name, parameter in settings.PARAMETERS.items():
            value = self.values.get(name, advised.get(name, parameter.default))
            self._tell(self._ports(client), _parameter(name, value))

    def _set_parameter(self, client: Client, name: str, value: float) -> None:
        self.set_default(name, value)
        if client not in self._notified:
            self._tell(self._ports(client), _parameter(name, self.values[name]))

    def _submit(
        self, client: Client, id: str, stem: str, out: str, preset: str, *rest: Argument
    ) -> None:
        if not 1 <= len(id) <= MAX_ID:
            raise Refusal("bad_request", f"A job's id has 1 to {MAX_ID} characters.")
        known = self.scheduler.jobs.get(id)
        chosen = known.preset if known else (preset or self.preset)
        if not chosen:
            raise Refusal("no_such_preset", "No preset was named: /restyle/preset/list has them.")
        job = self.scheduler.submit(
            id,
            repr((stem, out, preset, rest)),
            stem,
            out,
            chosen if known else _preset(chosen).name,
            {**self.values, **read_pairs(rest)},
        )
        if job.ended:
            self._tell(self._ports(client), _end(job))
            return
        self._listen(client, id)
        self._send(client, "/restyle/accepted", id, self.scheduler.position(job))

    def _cancel(self, client: Client, id: str) -> None:
        job = self._find(id)
        if job.ended:
            self._tell(self._ports(client), _end(job))
            return
        self._listen(client, id)
        self.scheduler.cancel(job)

    def _job(self, client: Client, id: str) -> None:
        job = self._find(id)
        detail = {"failed": f"{job.code}: {job.error}", "done": job.out}.get(job.state, job.stage)
        state = "running" if job.state == "written" else job.state
        self._send(client, "/restyle/job.reply", id, state, job.progress, detail)

    def _listen(self, client: Client, id: str) -> None:
        """Tell ``client`` what becomes of a job."""
        clients = self._listeners.setdefault(id, OrderedDict())
        clients[client] = None
        if len(clients) > MAX_LISTENERS:  # the first is the submitter
            del clients[list(clients)[1]]
        if len(self._listeners) > MAX_CLIENTS:
            self._listeners.popitem(last=False)

    def _find(self, id: str) -> Job:
        job = self.scheduler.jobs.get(id)
        if job is None:
            raise Refusal("no_such_job", f"There is no job {id[:MAX_ID]!r}, or it is long over.")
        return job

    # Sending.

    def _fail(self, client: Client, message: Message, code: str, text: str) -> None:
        of_job = message.address in (SUBMIT, "/restyle/cancel", "/restyle/job")
        first = message.arguments[0] if of_job and message.arguments else ""
        job = first[:MAX_ID] if isinstance(first, str) else ""
        if message.address == SUBMIT:
            self.last_refusal = f"{job}: {text}"
        self._send(client, "/restyle/fail", message.address[:100], job, code, text[:1000])

    def _send_list(
        self, client: Client, address: str, lines: Iterable[tuple[Argument, ...]]
    ) -> None:
        """Send one message for each of ``lines``, slowly enough for a client to take them in."""

        async def send() -> None:
            for index, line in enumerate(lines):
                if index and index % PIECE == 0:
                    await asyncio.sleep(PIECE_SECONDS)
                self._send(client, address, *line)

        if client in self._lists or len(self._lists) >= MAX_CLIENTS:
            raise Refusal("too_many", "One list at a time: ask again when the last one is there.")
        task = asyncio.get_running_loop().create_task(send())
        self._lists[client] = task
        task.add_done_callback(lambda task: self._lists.pop(client, None))

    def _send(self, client: Client, address: str, *arguments: Argument) -> None:
        self._tell(self._ports(client), Message(address, arguments))

    def _ports(self, client: Client) -> tuple[Client, ...]:
        """Where ``client`` listens: where it sends from and, if it said so, at another port."""
        return (client, self._elsewhere[client]) if client in self._elsewhere else (client,)

    def _tell(self, clients: Iterable[Client], message: Message) -> None:
        if self._transport.is_closing():
            return
        datagram = encode(message.address, *map(_sendable, message.arguments))
        for client in clients:
            unsent = self._transport.get_write_buffer_size()  # type: ignore[attr-defined]
            if unsent <= MAX_UNSENT_BYTES:
                self._transport.sendto(datagram, client)


def _sendable(argument: Argument) -> Argument:
    """Text as OSC can carry it: names of files may be no Unicode."""
    if isinstance(argument, str):
        return argument.replace("\0", " ").encode(errors="replace").decode()
    return argument


def _end(job: Job) -> Message:
    """The message that tells how a job ended."""
    if job.state == "done":
        result = (job.out, job.frames, job.rate, job.seconds)
        return Message("/restyle/done", ("submit", job.id, *result))
    if job.state == "cancelled":
        return Message("/restyle/cancelled", (job.id,))
    return Message("/restyle/fail", (SUBMIT, job.id, job.code, job.error))


def _parameter(name: str, value: float) -> Message:
    """The message that tells a parameter's range and value."""
    kind, least, most, _ = settings.PARAMETERS[name]
    return Message("/restyle/param", (name, kind, float(least), float(most), float(value)))


def _describe(index: int, total: int, preset: presets.Preset) -> tuple[Argument, ...]:
    program = -1 if preset.program is None or preset.percussion else preset.program
    return index, total, preset.name, preset.label, program


def _preset(name: str) -> presets.Preset:
    try:
        return presets.get(name)
    except presets.PresetError as error:
        raise Refusal("no_such_preset", str(error)) from error
