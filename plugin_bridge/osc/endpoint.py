"""The UDP endpoint: a message comes in, is checked and acted on, and answers and news go out.

Answers go to the address that asked. News of a job (its progress and its end) go to whoever
submitted it and to those who sent ``/restyle/notify``.

No datagram may do harm: `plugin_bridge.osc.datagram` refuses malformed ones before they are
parsed; addresses are looked up, never matched as patterns; clients take turns
(`plugin_bridge.osc.turns`), so that one that asks for much delays no other; hosts prove that they
are where they say (`plugin_bridge.osc.proof`); what only servers send is never answered; a list is
sent in small pieces, one list at a time for each client; clients are forgotten; and what cannot be
taken in or sent at once is dropped, as UDP would.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Any, cast

import presets
from plugin_bridge.errors import one_line
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.operations import chained
from plugin_bridge.jobs.plugin_parameters import PluginParameters
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.jobs.service import JobNews, News, RefusalNews, Service
from plugin_bridge.osc import news as told
from plugin_bridge.osc.addresses import (
    API,
    COMMANDS,
    COOKIE,
    MAX_ID,
    NAME,
    OPERATIONS,
    SUBMIT,
)
from plugin_bridge.osc.audience import Audience
from plugin_bridge.osc.datagram import (
    Argument,
    BadArguments,
    BadDatagram,
    Message,
    coerce,
    encode,
    read,
)
from plugin_bridge.osc.hosts import is_here
from plugin_bridge.osc.pairs import read_pairs, read_settings
from plugin_bridge.osc.proof import PROVED_SECONDS, Proofs
from plugin_bridge.osc.quota import Quota
from plugin_bridge.osc.reception import Reception
from plugin_bridge.osc.replies import is_answer
from plugin_bridge.osc.turns import MAX_CLIENTS, Client
from presets.chain_files.chain import Chain

log = logging.getLogger("restyle.serve")

# Limits on what clients can cost; none was searched.
MAX_AT_WORK = 64  # submits that are looked at, each of another client
MAX_PROOF_BYTES = 32  # of a token that is sent back; one that is right takes 20
MAX_MISTAKES = 32  # of one client within a second that are answered
MAX_UNSENT_BYTES = 1 << 18  # in the socket's buffer, beyond which messages are dropped
PIECE = 16  # messages of a list that are sent together; a client's socket buffers some 200 KB
PIECE_SECONDS = 0.004  # from one piece to the next
OPERATION = "restyle"  # the one whose defaults can be set
#: What a handler leaves to be done once the loop gets to it. It is called only then: a coroutine
#: that a stop prevents from running would be complained about.
Later = Callable[[], Coroutine[Any, Any, None]]
MISTAKES = ("unknown_address", "bad_request")  # of a program; other refusals depend on more


class Endpoint(asyncio.DatagramProtocol):
    """Speaks API 1 for a service, and passes on its news while the socket is open.

    Args:
        service: where the jobs are.
        udp: see `Reception`.

    Attributes:
        reception: what takes the datagrams in.
    """

    def __init__(self, service: Service, udp: socket.socket | None = None) -> None:
        self.reception = Reception(self._admit, self._act_on, self._note_malformed, udp)
        self._service = service
        self._audience, self._proofs, self._mistakes = Audience(), Proofs(), Quota(MAX_MISTAKES)
        self._lists: dict[Client, asyncio.Task[None]] = {}
        self._parameters = PluginParameters(service.rules)
        self._own_version = version("restyle")
        self._handlers: Mapping[str, Callable[..., Later | None]] = {
            "/restyle/help": self._help,
            "/restyle/version": self._version,
            "/restyle/status": self._status,
            "/restyle/notify": self._notify,
            "/restyle/preset/list": self._list_presets,
            "/restyle/chain/list": self._list_chains,
            "/restyle/param/list": self._list_parameters,
            "/restyle/param/set": self._set_parameter,
            SUBMIT: self._submit,
            **{address: partial(self._order, address) for address in OPERATIONS},
            "/restyle/cancel": self._cancel,
            "/restyle/job": self._job,
            COOKIE: self._prove,
        }

    # News.

    def on_news(self, news: News) -> None:
        """Pass news on: of a job to those who asked for it, and all news to the notified."""
        if isinstance(news, JobNews):
            if not news.job.owner:  # others' jobs came over HTTP
                self._tell_of_job(news.job, news.event)
        elif isinstance(news, RefusalNews):
            if news.refused.kind == "osc":
                self._tell_of_refusal(news.refused)
        elif news.operation == OPERATION and (
            news.name in told.PARAMETERS or news.name == "preset"
        ):
            self._tell(self._audience.notified, told.of_default(news.name, news.value))

    def _tell_of_job(self, job: Job, event: str) -> None:
        clients = self._audience.hearers(job.id)
        for message in [told.of_progress(job)] if event == "progress" else told.of_end(job):
            self._tell(clients, message)
        if job.ended:
            self._audience.forget(job.id)

    def _tell_of_refusal(self, refused: RefusedRequest) -> None:
        """Tell the notified of a refusal, but not the one who was answered."""
        answered = self._audience.ports((refused.host, refused.port))
        # A job of that id that goes on is not the one that was refused.
        job = "" if self._service.knows(refused.job) else refused.job
        others = [it for it in self._audience.notified if it not in answered]
        self._tell(others, told.of_refusal(refused, job))

    # Datagrams.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._port = int(transport.get_extra_info("sockname")[1])
        self._stop_watching = self._service.watch(self.on_news)
        self.reception.look_for_dropped()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._stop_watching()
        self.reception.close()
        self._parameters.shutdown()
        for task in self._lists.values():
            task.cancel()

    def error_received(self, exc: Exception) -> None:
        """Ignore that a client is gone."""

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Act on the messages in a datagram when its client has its turn."""
        self.reception.take_in(data, addr)

    def _admit(self, client: Client, data: bytes) -> bool:
        """Whether a datagram is acted on. A host that has to prove itself first is told so."""
        if self._is_this(client):
            return False  # forged: nothing here sends from this port
        if self._proofs.trusts(client[0]):
            return True
        address = data.partition(b"\0")[0].decode("ascii", "replace")
        if is_answer(address):
            self._hear_server(client)
        elif address != COOKIE:
            self._note_stranger(client, address)
            if (challenge := self._proofs.challenge(client[0], data)) is not None:
                self._post(challenge, [client])
        elif len(data) <= MAX_PROOF_BYTES:
            with suppress(BadDatagram):
                match read(data):
                    case [Message(arguments=(str(token),))]:
                        self._prove(client, token)
        return False

    def _note_stranger(self, client: Client, address: str) -> None:
        """Note what is not acted on: the host that is said to have sent it may not be there."""
        refused = RefusedRequest(
            kind="stranger",
            host=client[0],
            port=client[1],
            request=address[: told.MAX_ADDRESS],
            text=f"It has to prove where it is, by sending {COOKIE} back as restyle send does.",
        )
        self._service.refusals.note(refused)

    def _note_malformed(self, client: Client | None, why: str, count: int) -> None:
        """Keep for the page what the reception has counted and logged."""
        host = client[0] if client else ""
        malformed = RefusedRequest(kind="malformed", host=host, text=why, count=count)
        self._service.refusals.keep(malformed)

    def _is_this(self, client: Client) -> bool:
        """Whether it is this endpoint itself, under whatever address of this machine."""
        return client[1] == self._port and is_here(client[0])

    def _hear_server(self, client: Client) -> None:
        """What only a server says has come from there: such a port is not to be notified."""
        if self._audience.drop(client):
            log.warning("not notified: a server", extra={"client": client[0], "port": client[1]})

    # Messages.

    def _act_on(self, client: Client, message: Message) -> Coroutine[Any, Any, None] | None:
        """Act on a message; where that takes a while, what is returned does the rest of it."""
        if is_answer(message.address):
            self._hear_server(client)
            return None
        with self._answering(client, message):
            later = self._act(client, message)
            return None if later is None else self._finish(later, client, message)
        return None

    async def _finish(self, later: Later, client: Client, message: Message) -> None:
        with self._answering(client, message):
            await later()

    @contextmanager
    def _answering(self, client: Client, message: Message) -> Iterator[None]:
        """Answer with whatever goes wrong in the block."""
        try:
            yield
        except Refusal as refusal:
            self._fail(client, message, refusal.code, str(refusal))
        except Exception as error:
            log.exception("fault", extra={"address": message.address})
            self._fail(client, message, "internal", one_line(error))

    def _act(self, client: Client, message: Message) -> Later | None:
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
        listener = client[0], port or client[1]
        if self._is_this(listener):
            raise Refusal("bad_request", f"Port {listener[1]} is this server's: name your own.")
        number = -1
        if wanted:
            number = self._audience.notify(client, port)
        else:
            self._audience.end_notify(client, port)
        if wanted and listener != client:  # a server there would answer, see `_hear_server`
            self._tell([listener], Message("/restyle/version", ()))
        self._send(client, "/restyle/done", "notify", number)

    def _list_presets(self, client: Client) -> None:
        known = presets.every()
        lines = (told.describe(index, len(known), preset) for index, preset in enumerate(known))
        self._send_list(client, "/restyle/preset", lines)

    def _list_chains(self, client: Client) -> None:
        self._send_list(client, "/restyle/chain", told.describe_chains(presets.chains()))

    def _list_parameters(self, client: Client, preset: str = "") -> Later | None:
        found = chained.find(preset) if preset else None
        if isinstance(found, Chain):
            return partial(self._list_parameters_of, client, found)
        advised = found.parameters if found else {}
        known = {**advised, **self._service.defaults(OPERATION)}
        for name, parameter in told.PARAMETERS.items():
            value = known.get(name, parameter.default)
            self._answer(client, told.of_default(name, value))
        return None

    async def _list_parameters_of(self, client: Client, chain: Chain) -> None:
        """List what can be set of a chain: its plugins may take a while to say it."""
        defaults = self._service.defaults(OPERATION)
        known = await self._parameters.of(chain)
        self._send_list(client, "/restyle/param", told.describe_parameters(known, defaults))

    def _set_parameter(self, client: Client, name: str, value: float) -> None:
        kept = self._service.set_default(OPERATION, name, value)
        if client not in self._audience.notified:
            self._answer(client, told.of_default(name, kept))

    def _submit(
        self, client: Client, id: str, stem: str, out: str, preset: str, *rest: Argument
    ) -> Later:
        self._check_job(id)
        settings: dict[str, Value] = {}
        of_chain = id in self._service.jobs  # which has been checked if it is the same
        if not of_chain and (preset or "style" not in rest[::2]):
            chosen = self._chosen(preset)  # faults are told in the arguments' order
            settings["preset"], of_chain = chosen.name, isinstance(chosen, Chain)
        given = read_pairs(rest, of_chain=of_chain)
        settings.update(given.settings)
        request = repr((stem, out, preset, rest))
        files = {"stem": stem, **given.files}
        return self._accepting(client, id, request, OPERATION, files, out, settings)

    def _order(self, address: str, client: Client, id: str, *given: Any) -> Later:
        """Have an operation done that has this address; the files' names were checked."""
        self._check_job(id)
        name = OPERATIONS[address]
        operation = operations.find(name)
        count = len(operation.inputs)
        paths, out, rest = given[:count], given[count], given[count + 1 :]
        request = repr((address, *paths, out, rest))
        extra = read_settings(operation, rest)
        files = dict(zip(operation.inputs, paths, strict=True)) | extra.files
        return self._accepting(client, id, request, name, files, out, extra.settings)

    def _check_job(self, id: str) -> None:
        """Check that a job of that id may come now. Raises Refusal if not."""
        if not 1 <= len(id) <= MAX_ID:
            raise Refusal("bad_request", f"A job's id has 1 to {MAX_ID} characters.")
        if self.reception.at_work >= MAX_AT_WORK:
            raise Refusal("too_many", "Too many jobs come at once: send it again.")

    def _accepting(
        self,
        client: Client,
        id: str,
        request: str,
        operation: str,
        inputs: Mapping[str, str],
        out: str,
        settings: Mapping[str, Value],
    ) -> Later:
        """What hands a job to the service, and tells its client."""

        async def later() -> None:
            job = await self._service.submit(id, request, operation, inputs, out, settings)
            if job.ended:
                self._tell_end(client, job)
                return
            self._audience.listen(client, id)
            self._send(client, "/restyle/accepted", id, self._service.position(job))

        return later

    def _chosen(self, preset: str) -> presets.Preset | Chain:
        """The preset or the chain that a job asks for, or else the default."""
        chosen = preset or str(self._service.defaults(OPERATION).get("preset", ""))
        if not chosen:
            raise Refusal("no_such_preset", "No preset was named: /restyle/preset/list has them.")
        return chained.find(chosen)

    def _cancel(self, client: Client, id: str) -> None:
        job = self._service.find(id)
        if job.ended:
            self._tell_end(client, job)
            return
        self._audience.listen(client, id)
        self._service.cancel(job)

    def _job(self, client: Client, id: str) -> None:
        job = self._service.find(id)
        detail = {"failed": f"{job.code}: {job.error}", "done": job.output}.get(
            job.state, job.stage
        )
        state = "running" if job.state == "written" else job.state
        self._send(client, "/restyle/job.reply", id, state, job.progress, detail)

    def _prove(self, client: Client, token: str) -> None:
        if self._proofs.prove(client[0], token):
            self._service.refusals.forget_stranger(client[0])
            self._tell([client], Message("/restyle/done", ("cookie", PROVED_SECONDS)))
        else:  # not answered, since it may be the challenge of another server
            self._hear_server(client)

    # Sending.

    def _fail(self, client: Client, message: Message, code: str, text: str) -> None:
        """Answer that a request is refused, and note it for all others who can be reached."""
        of_job = message.address in (SUBMIT, *OPERATIONS, "/restyle/cancel", "/restyle/job")
        first = message.arguments[0] if of_job and message.arguments else ""
        refused = RefusedRequest(
            kind="osc",
            host=client[0],
            port=client[1],
            request=message.address[: told.MAX_ADDRESS],
            job=first[:MAX_ID] if isinstance(first, str) else "",
            code=code,
            text=text[: told.MAX_TEXT],
        )
        if code not in MISTAKES or self._mistakes.spend(client):
            self._answer(client, told.of_refusal(refused, refused.job))
        self._service.refusals.note(refused)

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
        self._answer(client, Message(address, arguments))

    def _tell_end(self, client: Client, job: Job) -> None:
        """Tell ``client`` how a job ended."""
        for message in told.of_end(job):
            self._answer(client, message)

    def _answer(self, client: Client, message: Message) -> None:
        self._tell(self._audience.ports(client), message)

    def _tell(self, clients: Iterable[Client], message: Message) -> None:
        self._post(encode(message.address, *map(_sendable, message.arguments)), clients)

    def _post(self, datagram: bytes, clients: Iterable[Client]) -> None:
        """Send a datagram to each client, or drop it where too much waits to be sent."""
        for client in clients:
            unsent = self._transport.get_write_buffer_size()  # type: ignore[attr-defined]
            if unsent <= MAX_UNSENT_BYTES and not self._transport.is_closing():
                self._transport.sendto(datagram, client)


def _sendable(argument: Argument) -> Argument:
    """An argument that OSC can carry: a file's name may not be valid Unicode."""
    if isinstance(argument, str):
        return argument.replace("\0", " ").encode(errors="replace").decode()
    return argument
