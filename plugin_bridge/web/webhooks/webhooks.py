"""Who asked for it is told of a job's end: messages after Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

What is owed stands in the records, in the same transaction as the job's end, and is deleted once
it was received. So a message may come twice, after a crash, under the same webhook-id; none is
lost. Addresses are clients' own choice, and are trusted in nothing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import logging
import random
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from plugin_bridge.accounts.tokens import webhook_secret
from plugin_bridge.errors import one_line, shown
from plugin_bridge.jobs.records.records import Delivery, Records
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.web.webhooks.addresses import is_public, resolve

log = logging.getLogger("restyle.serve")

# Pauses after a try that failed, in seconds: together a day. After the example of Standard
# Webhooks, whose are 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and longer.
PAUSES = (5.0, 60.0, 300.0, 1800.0, 7200.0, 18000.0, 25200.0, 33600.0)
# Not searched.
JITTER = 0.1  # of a pause, so that what failed together does not come back together
TRY_SECONDS = 10.0  # for one try, all of it
CLAIM_SECONDS = 60.0  # how long a message is ours: far longer than a try
AT_ONCE = 8  # tries
POLL_SECONDS = 5.0  # from one look for what is due to the next; news of an end come at once
MOST_DOWN_SECONDS = 300.0  # how long other messages to a host wait that has failed
MAX_URL_CHARACTERS = 2000
MAX_HEAD_BYTES = 1 << 16  # of an answer; its body is not read
ADDRESSES = 3  # of a host that are tried

_URL = re.compile(r"https://[!-~]+", re.ASCII)  # no blanks, and nothing that http has to encode
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.ASCII)  # a name, or an address of IPv6
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})\b")
_GONE = 410  # the receiver wants no more: Standard Webhooks


class Keeper(Protocol):
    """What is needed of `plugin_bridge.jobs.service.Service`."""

    @property
    def records(self) -> Records:
        """The database."""
        ...

    async def ask(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the records that reads, in a thread."""
        ...

    async def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the records that writes, in a thread."""
        ...


class _Place(NamedTuple):
    """Where a message goes: a host, its port, and the path there."""

    host: str
    port: int
    path: str

    @property
    def header(self) -> str:
        """The host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def check_url(url: str, *, private: bool = False) -> None:
    """Check an address that a client gives; its name is resolved only when there is a message.

    Raises:
        Refusal: it is no https address, or obviously one of an internal network.
    """
    host = _place(url).host
    if not private and _is_inside(host):
        raise Refusal("bad_setting", f"webhook: {host} is of an internal network.")


def _is_inside(host: str) -> bool:
    """Whether a host is obviously of an internal network."""
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:  # a name
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _place(url: str) -> _Place:
    try:
        if len(url) > MAX_URL_CHARACTERS or "#" in url or not _URL.fullmatch(url):
            raise ValueError
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else 443
        if not _HOST.fullmatch(parts.hostname or "") or parts.username is not None or not port:
            raise ValueError
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # also from urlsplit
        raise Refusal(
            "bad_setting", f"webhook: give an address such as https://example.com/done, not {url!r}"
        ) from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(host, port, path)


def signature(secret: str, id: str, timestamp: int, body: str) -> str:
    """What proves that a message is ours: ``v1,`` and the HMAC of ``id.timestamp.body``.

    Args:
        secret: ``whsec_`` and Base64, see `plugin_bridge.accounts.tokens.webhook_secret`.
        id: of the message.
        timestamp: when it is sent, in Unix seconds.
        body: the message.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.digest(key, f"{id}.{timestamp}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(made).decode()


class Webhooks:
    """Sends what is owed, as long as `run` is running.

    Args:
        service: its records say what is owed.
        private: whether messages may go to internal networks.
        context: how TLS is checked; as the system does, without it.
    """

    def __init__(
        self, service: Keeper, *, private: bool = False, context: ssl.SSLContext | None = None
    ) -> None:
        self._service, self._private, self._context = service, private, context
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._secret = b""
        self._down: dict[str, float] = {}  # hosts that failed, and when they are tried again

    def wake(self) -> None:
        """Look at once whether something is due: a job has ended."""
        self._wake.set()

    async def run(self) -> None:
        """Send messages until this is cancelled; those under way are sent again later."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._begin()
                except OSError as error:  # the database does not answer just now
                    log.warning("webhooks wait", extra={"error": one_line(error)})
                with suppress(TimeoutError):  # wait_for may swallow a cancel before Python 3.12
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self) -> None:
        """Begin as many tries as are due, and may be made at once. Raises Unwritable."""
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)  # reads files
        if not self._secret:
            self._secret = await self._service.ask(self._service.records.secret)
        free, now = AT_ONCE - len(self._tasks), time.time()
        if free <= 0:
            return
        claim = self._service.records.claim_deliveries
        for delivery in await self._service.write(claim, now, now + CLAIM_SECONDS, free):
            task = asyncio.create_task(self._deliver(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._on_end)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _deliver(self, delivery: Delivery) -> None:
        """Try once, and note what came of it."""
        records, host = self._service.records, urlsplit(delivery.url).netloc
        try:
            now = time.time()
            if self._down.get(host, 0.0) > now:
                due, tries = self._down[host], delivery.tries
            elif await self._try(delivery):
                self._down.pop(host, None)
                await self._service.write(records.delete_delivery, delivery.id)
                return
            elif delivery.tries >= len(PAUSES):
                log.warning("webhook given up", extra={"webhook": delivery.id, "host": shown(host)})
                await self._service.write(records.delete_delivery, delivery.id)
                return
            else:
                pause, tries = PAUSES[delivery.tries], delivery.tries + 1
                self._note_down(host, min(pause, MOST_DOWN_SECONDS))
                due = now + pause * random.uniform(1, 1 + JITTER)
            postpone = records.postpone_delivery
            await self._service.write(lambda: postpone(delivery.id, tries=tries, due=due))
        except OSError as error:  # the database: it is tried again once it is ours no longer
            log.warning("webhooks wait", extra={"error": one_line(error)})

    def _note_down(self, host: str, seconds: float) -> None:
        """Let a host's other messages wait, so that one dead receiver does not take all turns."""
        now = time.time()
        self._down = {it: until for it, until in self._down.items() if until > now}
        self._down[host] = now + seconds

    async def _try(self, delivery: Delivery) -> bool:
        """Send a message; whether there is no need to send it again."""
        about = {"webhook": delivery.id, "tries": delivery.tries}
        try:
            async with asyncio.timeout(TRY_SECONDS):
                status = await self._send(delivery)
        except (OSError, TimeoutError, Refusal, EOFError, ValueError) as error:
            log.info("webhook failed", extra={**about, "error": one_line(error)})
            return False
        log.info("webhook answered", extra={**about, "status": status})
        return 200 <= status < 300 or status == _GONE

    async def _send(self, delivery: Delivery) -> int:
        """Send a message once; the status of the answer.

        Raises:
            Refusal: there is no such place.
            OSError: it cannot be reached, or is not public.
            EOFError, ValueError: its answer is none.
        """
        place = _place(delivery.url)
        addresses = await resolve(place.host, place.port, private=self._private)
        reader, writer = await self._connect(place, addresses)
        try:
            writer.write(self._request(place, delivery))
            await writer.drain()
            return await _status(reader)
        finally:
            writer.transport.abort()  # no word of it is wanted any longer

    async def _connect(
        self, place: _Place, addresses: list[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address that answers, and check that it is the host's."""
        wrong: OSError = OSError(f"{place.host} has no address")
        for address in addresses[:ADDRESSES]:
            try:
                return await asyncio.open_connection(
                    address,
                    place.port,
                    ssl=self._context,
                    server_hostname=place.host,
                    limit=MAX_HEAD_BYTES,
                )
            except OSError as error:
                wrong = error
        raise wrong

    def _request(self, place: _Place, delivery: Delivery) -> bytes:
        now, body = int(time.time()), delivery.body
        secret = webhook_secret(delivery.owner, self._secret)
        lines = [
            f"POST {place.path} HTTP/1.1",
            f"Host: {place.header}",
            "User-Agent: Restyle",
            "Content-Type: application/json",
            f"Content-Length: {len(body.encode())}",
            f"webhook-id: {delivery.id}",
            f"webhook-timestamp: {now}",
            f"webhook-signature: {signature(secret, delivery.id, now, body)}",
            "Connection: close",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of an answer. Those that only say to wait (1xx) are passed by.

    Raises:
        EOFError, ValueError: it is no answer, or its head is too long.
    """
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise ValueError("the answer's head is too long") from error
        found = _STATUS.match(head)
        if found is None:
            raise ValueError("the answer is not HTTP")
        if not found[1].startswith(b"1"):
            return int(found[1])
