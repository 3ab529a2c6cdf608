"""The UDP endpoint: a message comes in, is checked and acted on, and answers and news go out.

Answers go to the address that asked. News of a job (its progress and its end) go to whoever
submitted it and to those who sent ``/restyle/notify``.

No datagram may do harm: `plugin_bridge.osc.datagram` refuses malformed ones before they are
parsed; addresses are looked up, never matched as patterns; clients take turns, so that one that
asks for much delays no other; a list is sent in small pieces, one list at a time for each client;
clients are forgotten; and what cannot be taken in or sent at once is dropped, as UDP would.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from importlib.metadata import version
from typing import Any, cast

import presets
from plugin_bridge.errors import one_line
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.operations.restyle import SETTINGS, find_preset
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.service import JobNews, News, Service
from plugin_bridge.jobs.settings import numbers
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

# Limits on what clients can cost; none was searched.
NOTIFY_SECONDS = 3600.0  # after which a notified client is forgotten
MAX_NOTIFIED = 32  # clients
MAX_LISTENERS = 8  # clients that are told of one job
MAX_CLIENTS = 1024  # with messages waiting, lists on their way or another port; jobs listened to
MAX_WAITING = 256  # messages of one client
MAX_UNSENT_BYTES = 1 << 18  # in the socket's buffer, beyond which messages are dropped
MAX_ID = 200  # characters
PIECE = 16  # messages of a list that are sent together; a client's socket buffers some 200 KB
PIECE_SECONDS = 0.004  # from one piece to the next
TURN_SECONDS = 0.02  # of messages at a stretch, before anything else has its turn
SUBMIT = "/restyle/submit"
OPERATION = "restyle"  # the only one that API 1 knows
PARAMETERS = numbers(SETTINGS, common=True)  # what /restyle/param can say: words it cannot


class Endpoint(asyncio.DatagramProtocol):
    """Speaks API 1 for a service, and passes on its news while the socket is open.

    Attributes:
        refused: how many datagrams were malformed.
        acting: what is being done for messages that have not been answered.
    """

    def __init__(self, service: Service) -> None:
        self.refused = 0
        self._service = service
        self._listeners: OrderedDict[str, OrderedDict[Client, None]] = OrderedDict()
        self._notified: dict[Client, float] = {}
        self._elsewhere: OrderedDict[Client, Client] = OrderedDict()
        self._lists: dict[Client, asyncio.Task[None]] = {}
        self._waiting: OrderedDict[Client, deque[Message]] = OrderedDict()
        self._own_version = version("restyle")
        self._logged = 0.0
        self.acting: set[asyncio.Task[None]] = set()
        self._handlers: Mapping[str, Callable[..., Coroutine[None, None, None] | None]] = {
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

    def on_news(self, news: News) -> None:
        """Pass news on: of a job to those who asked for it, and all news to the notified."""
        self._forget_notified()
        if isinstance(news, JobNews):
            self._tell_of_job(news.job, news.event)
        elif news.operation == OPERATION and (news.name in PARAMETERS or news.name == "preset"):
            self._tell(self._notified, _default(news.name, news.value))

    def _tell_of_job(self, job: Job, event: str) -> None:
        news = _end(job)
        if event == "progress":
            news = [Message("/restyle/progress", (job.id, job.progress, job.stage))]
        listeners = self._listeners.get(job.id, ())
        clients = {*self._notified, *(it for c in listeners for it in self._ports(c))}
        for message in news:
            self._tell(clients, message)
        if job.ended:
            self._listeners.pop(job.id, None)

    def _forget_notified(self) -> None:
        """Forget the notified clients whose time is up."""
        now = time.monotonic()
        self._notified = {c: until for c, until in self._notified.items() if until > now}

    # Datagrams.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._stop_watching = self._service.watch(self.on_news)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._stop_watching()

    def error_received(self, exc: Exception) -> None:
        """Ignore that a client is gone."""

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
        """Act on the messages that wait, one of each client in turn; after a while, pause."""
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
            waits = self._act(client, message)
            if waits is not None:
                task = asyncio.get_running_loop().create_task(self._finish(client, message, waits))
                self.acting.add(task)
                task.add_done_callback(self.acting.discard)
        except Refusal as refusal:
            self._fail(client, message, refusal.code, str(refusal))
        except Exception as error:
            log.exception("fault", extra={"address": message.address})
            self._fail(client, message, "internal", one_line(error))

    async def _finish(
        self, client: Client, message: Message, waits: Coroutine[None, None, None]
    ) -> None:
        try:
            await waits
        except Refusal as refusal:
            self._fail(client, message, refusal.code, str(refusal))
        except Exception as error:
            log.exception("fault", extra={"address": message.address})
            self._fail(client, message, "internal", one_line(error))

    def _act(self, client: Client, message: Message) -> Coroutine[None, None, None] | None:
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
        return self._handlers[message.address](client, *first, *rest)

    def _refuse(self, client: Client, error: BadDatagram) -> None:
        """Count a malformed datagram, and log at most one a second; the client gets no answer."""
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
        counts = self._service.counts()
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
        advised = find_preset(preset).parameters if preset else {}
        known = {**advised, **self._service.defaults(OPERATION)}
        for name, parameter in PARAMETERS.items():
            value = known.get(name, parameter.default)
            self._tell(self._ports(client), _default(name, value))

    def _set_parameter(self, client: Client, name: str, value: float) -> None:
        kept = self._service.set_default(OPERATION, name, value)
        if client not in self._notified:
            self._tell(self._ports(client), _default(name, kept))

    def _submit(
        self, client: Client, id: str, stem: str, out: str, preset: str, *rest: Argument
    ) -> Coroutine[None, None, None]:
        if not 1 <= len(id) <= MAX_ID:
            raise Refusal("bad_request", f"A job's id has 1 to {MAX_ID} characters.")
        settings: dict[str, Value] = {}
        if id not in self._service.jobs:  # faults are told in the arguments' order
            settings["preset"] = self._chosen(preset)
        settings.update(read_pairs(rest))
        request = repr((stem, out, preset, rest))
        given = id, request, OPERATION, {"stem": stem}, out, settings
        return self._submitted(client, self._service.submit(*given))

    async def _submitted(self, client: Client, submit: Coroutine[None, None, Job]) -> None:
        job = await submit
        if job.ended:
            self._tell_end(client, job)
            return
        self._listen(client, job.id)
        self._send(client, "/restyle/accepted", job.id, self._service.position(job))

    def _chosen(self, preset: str) -> str:
        """The name of the preset that a job asks for, or else of the default."""
        chosen = preset or str(self._service.defaults(OPERATION).get("preset", ""))
        if not chosen:
            raise Refusal("no_such_preset", "No preset was named: /restyle/preset/list has them.")
        return find_preset(chosen).name

    def _cancel(self, client: Client, id: str) -> None:
        job = self._service.find(id)
        if job.ended:
            self._tell_end(client, job)
            return
        self._listen(client, id)
        self._service.cancel(job)

    def _job(self, client: Client, id: str) -> None:
        job = self._service.find(id)
        detail = {"failed": f"{job.code}: {job.error}", "done": job.output}.get(
            job.state, job.stage
        )
        state = "running" if job.state == "written" else job.state
        self._send(client, "/restyle/job.reply", id, state, job.progress, detail)

    def _listen(self, client: Client, id: str) -> None:
        """Tell ``client`` of a job from now on."""
        clients = self._listeners.setdefault(id, OrderedDict())
        clients[client] = None
        if len(clients) > MAX_LISTENERS:  # the first is the submitter, and stays
            del clients[list(clients)[1]]
        if len(self._listeners) > MAX_CLIENTS:
            self._listeners.popitem(last=False)

    # Sending.

    def _fail(self, client: Client, message: Message, code: str, text: str) -> None:
        of_job = message.address in (SUBMIT, "/restyle/cancel", "/restyle/job")
        first = message.arguments[0] if of_job and message.arguments else ""
        job = first[:MAX_ID] if isinstance(first, str) else ""
        if message.address == SUBMIT:
            self._service.note_refusal(job, text)
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

    def _tell_end(self, client: Client, job: Job) -> None:
        """Tell ``client`` how a job ended."""
        for message in _end(job):
            self._tell(self._ports(client), message)

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
    """An argument that OSC can carry: a file's name may not be valid Unicode."""
    if isinstance(argument, str):
        return argument.replace("\0", " ").encode(errors="replace").decode()
    return argument


def _end(job: Job) -> list[Message]:
    """The messages that tell how a job ended: the last one says so, after the advice, if any."""
    if job.state == "done":
        result = (job.output, job.frames, job.rate, job.seconds)
        done = Message("/restyle/done", ("submit", job.id, *result))
        return [*([Message("/restyle/advice", (job.id, job.advice))] if job.advice else []), done]
    if job.state == "cancelled":
        return [Message("/restyle/cancelled", (job.id,))]
    return [Message("/restyle/fail", (SUBMIT, job.id, job.code, job.error))]


def _default(name: str, value: Value) -> Message:
    """The message that tells the default of a setting."""
    if name == "preset":
        known = [preset.name for preset in presets.every()]
        preset = presets.get(str(value))
        index = known.index(preset.name)
        return Message("/restyle/preset", _describe(index, len(known), preset))
    least, most, _, whole, _ = PARAMETERS[name]
    kind = "i" if whole else "f"
    return Message("/restyle/param", (name, kind, float(least), float(most), float(value)))


def _describe(index: int, total: int, preset: presets.Preset) -> tuple[Argument, ...]:
    program = -1 if preset.program is None or preset.percussion else preset.program
    return index, total, preset.name, preset.label, program
