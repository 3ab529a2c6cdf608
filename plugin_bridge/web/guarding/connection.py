"""A connection that takes no more than a request needs: uvicorn's own bounds neither the length of
a head nor the time that it takes to come, and nobody has shown a key by then.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 << 10  # beside the block that is read at once; a browser's has 1 kB. Not searched
HEAD_SECONDS = 60.0  # as nginx's client_header_timeout


class Connection(HttpToolsProtocol):
    """Ends if too many bytes come that are no body, or if no request comes."""

    _count = 0  # bytes since there was a step forward: a head, a part of a body, a message's end
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._count += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._count > HEAD_BYTES + len(data):
            self.send_400_response("The request's head is too long.")
        elif self.cycle is None or self.cycle.response_complete:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._count = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._count = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._count = 0
        super().on_message_complete()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
