"""What is judged before any of a request's body is read, as plain ASGI.

Pages of other sites reach a server on this machine, too, by the user's browser: so the name of the
host is checked (DNS rebinding), and whence a request comes that would change something (CSRF).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plugin_bridge.accounts.accounts import Account
from plugin_bridge.jobs.records.records import Unwritable
from plugin_bridge.web.desk import JSON_BYTES, WHO, Desk
from plugin_bridge.web.guarding.identity import identify
from plugin_bridge.web.guarding.noted import READS, note
from plugin_bridge.web.speech.forms import is_form
from plugin_bridge.web.speech.problems import BUSY, Problem

log = logging.getLogger("restyle.serve")

FORM_BYTES = 64 << 10  # around the file in a form; not searched
BODY_SECONDS = 60.0  # without a byte of the body; as nginx's client_body_timeout
UPLOADS = "/v1/uploads"
STOPPING = "The server is being stopped: send it again in a while."
HEAD = "restyle.head"  # in a scope: whether only the header is wanted

#: For every answer. The policy lets a page load nothing from elsewhere, and run nothing inline.
FIELDS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PRIVATE = "private, no-store"


class Guards:
    """Lets a request through to ``app`` if nothing speaks against it.

    Args:
        app: what answers; it finds who asks in the scope, by `WHO`.
        desk: who may ask, and the limits.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(receive, send, headers)
        try:
            who = await self._judge(scope, headers, exchange)
            wanted = {**scope, WHO: who, HEAD: scope["method"] == "HEAD"}
            if wanted[HEAD]:
                wanted["method"] = "GET"
            await self._app(wanted, exchange.receive, exchange.send)
        except Problem as problem:
            note(self._desk, scope, problem)
            await problem.response(scope, receive, exchange.send)
        except Unwritable:
            busy = Problem("journal_busy", BUSY)
            note(self._desk, scope, busy)
            await busy.response(scope, receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.begun:
                leaving = Problem("stopping", STOPPING)
                await leaving.response(scope, receive, exchange.send)
            raise
        except Exception:
            log.exception("fault", extra={"path": scope["path"]})
            if not exchange.begun:
                fault = Problem("internal", "A fault of Restyle's: the server's log has more.")
                await fault.response(scope, receive, exchange.send)

    async def _judge(self, scope: Scope, headers: Headers, exchange: _Exchange) -> Account:
        """Find out who asks. Raises Problem if it is not to be answered."""
        desk, path = self._desk, scope["path"]
        check_host(headers.get("host", ""), desk.hosts)
        if scope["method"] not in READS:
            check_origin(headers)
        who = await identify(desk, path, headers)
        if who.rate is not None:
            bucket = desk.buckets.of(who.id, who.rate)
            taken = bucket.take()
            exchange.fields |= bucket.fields
            if not taken:
                raise Problem(
                    "rate_limited",
                    f"More than {who.rate.requests} requests in {who.rate.seconds:g} s: wait.",
                    headers={"Retry-After": str(bucket.wait_seconds)},
                )
        exchange.most_bytes = self._most_bytes(path, headers)
        check_body(headers, exchange.most_bytes)
        if exchange.has_body and path != UPLOADS and not _is_json(headers):
            raise Problem("unsupported", "Send JSON, with Content-Type: application/json.")
        return who

    def _most_bytes(self, path: str, headers: Headers) -> int:
        if path != UPLOADS:
            return JSON_BYTES
        return self._desk.limits.upload_bytes + (FORM_BYTES if is_form(headers) else 0)


class _Exchange:
    """A request's way in and its answer's way out: bytes are counted, fields are added.

    Attributes:
        most_bytes: how long the body may be.
        has_body: whether there is one.
        begun: whether the answer has begun.
        fields: what is to be added to its header.
    """

    def __init__(self, receive: Receive, send: Send, headers: Headers) -> None:
        self._receive, self._send = receive, send
        self._length = headers.get("content-length")
        self._count = 0
        self.has_body = self._length not in (None, "0") or "transfer-encoding" in headers
        self._unread = self.has_body
        self.most_bytes = 0
        self.begun = False
        self.fields = dict(FIELDS)

    async def receive(self) -> Message:
        """The next part of the body. Raises Problem if it is too long, or does not come."""
        if not self._unread:
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            text = f"Nothing of the body came for {BODY_SECONDS:g} s."
            raise Problem("bad_request", text, status=408) from None
        self._count += len(message.get("body", b""))
        if self._count > self.most_bytes:
            raise too_large(self.most_bytes)
        self._unread = bool(message.get("more_body", False))
        return message

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(raw=list(message["headers"]))
            for name, value in self.fields.items():
                headers[name] = value
            headers.setdefault("Cache-Control", PRIVATE)
            if self._unread and int(self._length or JSON_BYTES + 1) > JSON_BYTES:
                headers["Connection"] = "close"  # rather than read what is left
            message = {**message, "headers": headers.raw}
        await self._send(message)


def check_host(field: str, hosts: frozenset[str]) -> None:
    """Check that a request is for a name of this server.

    Args:
        field: what stands in ``Host``.
        hosts: the names, in lower case; ``*`` among them stands for any address in figures, which
            no other site's name can lead to.

    Raises:
        Problem: it is for another.
    """
    name = _host_name(field)
    if name in hosts or ("*" in hosts and _is_address(name)):
        return
    text = f"This server is not {name or 'nameless'}: --allow-host adds a name."
    raise Problem("forbidden", text)


def check_origin(headers: Mapping[str, str]) -> None:
    """Check that what would change something comes from our own page, or from no page at all.

    Raises:
        Problem: another site's page has sent it.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = origin is None or _netloc(origin) == headers.get("host", "").lower()
    if site not in (None, "same-origin", "none") or not own:
        raise Problem("forbidden", "A page of another site has sent this: open ours.")


def check_body(headers: Mapping[str, str], most_bytes: int) -> None:
    """Check what is said of a body. Raises Problem if it cannot be taken."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("unsupported", "Send it as it is, without Content-Encoding.")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise Problem("bad_request", "Content-Length has to be a number.")
    if len(length) > 18 or int(length) > most_bytes:
        raise too_large(most_bytes)


def too_large(most_bytes: int) -> Problem:
    """What is said of a body of more than ``most_bytes``."""
    most = f"{most_bytes / 1e6:.0f} MB" if most_bytes >= 1e6 else f"{most_bytes / 1e3:.0f} kB"
    return Problem("too_large", f"At most {most} are taken: send less.")


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _netloc(origin: str) -> str:
    """Host and port of an origin; the port is left out where browsers leave it out."""
    with contextlib.suppress(ValueError):
        return urlsplit(origin).netloc.lower()
    return ""


def _host_name(field: str) -> str:
    """The name in a ``Host``, without port and the brackets of IPv6."""
    with contextlib.suppress(ValueError):
        return (urlsplit(f"//{field}").hostname or "").rstrip(".")
    return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
