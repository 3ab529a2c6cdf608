"""One name for both clients: of a server that speaks HTTP, and of one that speaks OSC."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from plugin_bridge.osc.addresses import HOST, PORT
from plugin_bridge.osc.client import Client as OscClient
from plugin_bridge.web.client.client import Client as HttpClient
from plugin_bridge.web.client.link import is_url

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.client_types import Chain, Job, Preset, Result, Status, Version

    StrPath = str | os.PathLike[str]


class _Either(type):
    """Makes a client of one kind or the other; either is an instance of `Client`."""

    def __call__(cls, host: str = HOST, *arguments: Any, **options: Any) -> Any:
        kind: type = HttpClient if is_url(host) else OscClient
        return kind(host, *arguments, **options)

    def __instancecheck__(cls, it: object) -> bool:
        return isinstance(it, (OscClient, HttpClient))


class Client(metaclass=_Either):
    """A connection to a server, to be closed by `close` or at the end of a ``with`` block.

    ``Client("http://localhost:8471")`` and ``Client("https://example.com", key=...)`` speak HTTP,
    see `plugin_bridge.web.client.client`; ``Client()`` and ``Client("localhost", 9471)`` speak
    OSC, see `plugin_bridge.osc.client.Client`. Both have the same methods, and raise the same.
    """

    if TYPE_CHECKING:  # what both have, for programs that check types
        timeout_seconds: float

        def __init__(
            self,
            host: str = HOST,
            port: int = PORT,
            *,
            key: str | None = None,
            insecure: bool = False,
            timeout_seconds: float = 5.0,
        ) -> None: ...
        def close(self) -> None: ...
        def __enter__(self) -> Client: ...
        def __exit__(self, *exception: object) -> None: ...
        def submit(
            self,
            input: StrPath,
            output: StrPath,
            preset: str = "",
            *,
            job: str | None = None,
            style: StrPath | None = None,
            **settings: float | str | None,
        ) -> str: ...
        def wait(
            self,
            job: str,
            *,
            on_progress: OnProgress | None = None,
            timeout_seconds: float | None = None,
        ) -> Result: ...
        def progress(self, job: str) -> Job: ...
        def cancel(self, job: str) -> bool: ...
        def version(self) -> Version: ...
        def status(self) -> Status: ...
        def presets(self) -> list[Preset]: ...
        def chains(self) -> list[Chain]: ...
