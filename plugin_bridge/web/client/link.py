"""Requests to a server over HTTP: tried again while it restarts, refused in words.

Only the standard library is needed. A key is sent, and appears nowhere else.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from plugin_bridge.client_types import NoServer, Refused

# Not searched.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between tries
BLOCK_BYTES = 1 << 18  # that are sent or read at once
MAX_JSON_BYTES = 16 << 20  # of an answer
#: Codes and statuses that pass by themselves: the server, or what stands before it, is busy.
_BUSY_CODES, _BUSY_STATUSES = ("rate_limited", "journal_busy"), (502, 503, 504)

Opens = Callable[[], BinaryIO]


def is_url(text: str) -> bool:
    """Whether this is the address of a server that speaks HTTP."""
    return text.startswith(("http://", "https://"))


class Request(NamedTuple):
    """What is asked.

    Attributes:
        method: of HTTP.
        path: as ``/v1/me``.
        patience: for how many seconds to try again if nobody answers.
        seconds: how long an answer may take to begin; ``patience`` if None.
        headers: to be sent.
        body: to be sent as JSON, unless it is None.
        content: opens a file to be sent; called for each try.
    """

    method: str
    path: str
    patience: float
    seconds: float | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    content: Opens | None = None


class Answer(NamedTuple):
    """What the server answers: a status, and the body's JSON."""

    status: int
    body: Any


class _Busy(Exception):  # noqa: N818 - not an error yet
    """The server is busy; ``refusal`` is what to say if it stays so."""

    def __init__(self, refusal: Refused, seconds: float) -> None:
        super().__init__()
        self.refusal, self.seconds = refusal, seconds


class Link:
    """The way to a server.

    Args:
        url: ``http://`` or ``https://``, a host, perhaps a port and a path.
        key: an API key; ``""`` for none.
        insecure: whether a key may be sent over http to another machine, where all between can
            read it.

    Attributes:
        url: as above, for messages.

    Raises:
        ValueError: one of these is impossible.
    """

    def __init__(self, url: str, key: str = "", *, insecure: bool = False) -> None:
        parts = urlsplit(url)
        if not is_url(url) or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("Name the server as http://HOST:PORT or https://HOST.")
        if parts.username is not None:
            raise ValueError("A server's address has no name and password in it: give a key.")
        self._secure, self._host = parts.scheme == "https", parts.hostname
        self._port = parts.port or (443 if self._secure else 80)
        self.url, self._prefix = url.rstrip("/"), parts.path.rstrip("/")
        if key and not re.fullmatch(r"[!-~]+", key):  # before http.client says it, with the key
            raise ValueError("That is no key: a key begins with rk_ and has no blanks.")
        if key and not (self._secure or insecure or _is_loopback(self._host)):
            raise ValueError(
                f"The key would be sent to {self._host} for all between to read: use https://, or "
                "allow it by --insecure (in Python: insecure=True)."
            )
        self._headers = {"User-Agent": "restyle", "Connection": "close"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._context = ssl.create_default_context() if self._secure else None

    def ask(self, request: Request) -> Answer:
        """Send a request, and read its answer.

        Raises:
            Refused: the server will not do it.
            NoServer: nothing answers.
        """
        with self.open(request) as response:
            try:
                text = response.read(MAX_JSON_BYTES)
                found = json.loads(text) if text else None
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self.no_server("its answer cannot be read") from error
            return Answer(response.status, found)

    @contextmanager
    def open(
        self, request: Request, stop: Stop | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """As `ask`, but lend the answer, to be read while the block lasts.

        Args:
            request: what is asked.
            stop: ends the request from another thread.
        """
        connection, response = self._reached(request, stop)
        try:
            yield response
        finally:
            response.close()
            connection.close()

    def _reached(
        self, request: Request, stop: Stop | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Send a request until it is answered. Raises as `ask`."""
        failing_since, pause, wait = None, FIRST_PAUSE, time.sleep if stop is None else stop.wait
        while True:
            connection = self._connection(request.patience)
            try:
                return connection, self._try(connection, request, stop)
            except _Busy as busy:
                connection.close()
                why: Exception = busy.refusal
                pause = max(pause, busy.seconds)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                why = self._explained(error)
            except BaseException:
                connection.close()
                raise
            now = time.monotonic()
            failing_since = now if failing_since is None else failing_since
            hopeless = isinstance(why.__cause__, ssl.SSLCertVerificationError)
            if hopeless or now + pause - failing_since > request.patience:
                raise why
            wait(pause)
            if stop is not None and stop.is_set():
                raise why
            pause = min(2 * pause, LONGEST_PAUSE)

    def no_server(self, why: str = "") -> NoServer:
        """The exception to raise if there is no answer."""
        said = f" ({why})" if why else ""
        return NoServer(
            f"No Restyle server answers at {self.url}{said}: start one with restyle serve --web."
        )

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        where = (self._host, self._port)
        if self._context is None:
            return http.client.HTTPConnection(*where, timeout=seconds, blocksize=BLOCK_BYTES)
        return http.client.HTTPSConnection(
            *where, timeout=seconds, blocksize=BLOCK_BYTES, context=self._context
        )

    def _try(
        self, connection: http.client.HTTPConnection, request: Request, stop: Stop | None
    ) -> http.client.HTTPResponse:
        """Send a request once. Raises Refused, _Busy, OSError or HTTPException."""
        connection.connect()
        connection.sock.settimeout(request.seconds or request.patience)
        if stop is not None:
            stop.holds(connection.sock)
        path, headers = self._prefix + request.path, {**self._headers, **request.headers}
        if request.content is not None:
            with request.content() as file:
                headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
                headers["Content-Type"] = "application/octet-stream"
                with suppress(ConnectionError):  # a refusal may come before all is sent
                    connection.request(request.method, path, file, headers)
        elif request.body is not None:
            headers["Content-Type"] = "application/json"
            connection.request(request.method, path, json.dumps(request.body).encode(), headers)
        else:
            connection.request(request.method, path, headers=headers)
        response = connection.getresponse()
        if response.status >= 300:
            raise _refusal(response, self.url)
        return response

    def _explained(self, error: Exception) -> NoServer:
        """What to raise if the server cannot be reached at last."""
        untrusted = isinstance(error, ssl.SSLCertVerificationError)
        found = self.no_server("its certificate is not trusted" if untrusted else "")
        found.__cause__ = error
        return found


class Stop(threading.Event):
    """Ends requests from another thread."""

    _socket: socket.socket | None = None

    def holds(self, it: socket.socket) -> None:
        """Note what a request waits for."""
        self._socket = it
        if self.is_set():
            self.now()

    def now(self) -> None:
        """End the request that is under way, and those to come."""
        self.set()
        if self._socket is not None:
            with suppress(OSError):
                # Of TLS as well: the wrapper's own would change what the other thread is using.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _refusal(response: http.client.HTTPResponse, url: str) -> Exception:
    """Why the server refuses, in its own words."""
    try:
        said = json.loads(response.read(MAX_JSON_BYTES))
        code, text = str(said["code"]), str(said["detail"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        code, text = "bad_request", f"{url} answers {response.status} {response.reason}."
        if response.status < 400:
            text = f"{url} leads elsewhere: give the address that it leads to."
    refusal = Refused(code, text)
    if code in _BUSY_CODES or response.status in _BUSY_STATUSES:
        after = response.getheader("Retry-After", "")
        return _Busy(refusal, float(after) if re.fullmatch(r"[0-9]{1,4}", after) else 0.0)
    return refusal


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False
