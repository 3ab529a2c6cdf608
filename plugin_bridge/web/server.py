"""Serves HTTP in the loop that does the jobs.

async with serving(service, aside, options) as address:
    await service.run()
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import json
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import uvicorn

from plugin_bridge.accounts.accounts import Accounts
from plugin_bridge.jobs.aside import Aside
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.plugin_parameters import PluginParameters
from plugin_bridge.jobs.retention import Retention
from plugin_bridge.jobs.service import JobNews, News, Service
from plugin_bridge.web.app import build
from plugin_bridge.web.desk import Desk, Limits
from plugin_bridge.web.events import Hub
from plugin_bridge.web.guarding.connection import Connection
from plugin_bridge.web.speech.views import job_view
from plugin_bridge.web.webhooks.webhooks import Webhooks

BACKLOG = 1024  # connections that wait to be accepted; not searched
STOP_SECONDS = 1  # for what is being answered when the server stops; not searched
#: What previews and pictures are made with; loading it takes a second or more.
LOADED_ASIDE = (
    "matplotlib",
    "PIL.Image",
    "plugin_bridge.reports.pictures",
    "plugin_bridge.web.sounds.derived",
    "scipy.signal",
    "soundfile",
)
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class Runs(Protocol):
    """What runs until it is cancelled."""

    async def run(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where HTTP is served, and to whom.

    Attributes:
        host, port: the address; port 0 for any that is free.
        names: more names by which the server is reached.
        limits: what clients may do.
    """

    host: str = "127.0.0.1"
    port: int = 8471
    names: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def beyond(self) -> bool:
        """Whether others than this machine's users may reach it."""
        return not ipaddress.ip_address(self.host).is_loopback

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in ``Host``; ``*`` for any address in figures."""
        own = ("*",) if self.beyond else ()
        return frozenset(it.lower() for it in (*LOCAL_NAMES, self.host, *self.names, *own))


@contextlib.asynccontextmanager
async def serving(service: Service, options: Options) -> AsyncIterator[str]:
    """Serve HTTP while the block lasts; lends the page's address.

    Raises:
        ValueError: the port cannot be used, or there is no key and others may reach it.
        Unwritable: the database does not answer.
    """
    accounts = Accounts(service, max_owner_bytes=options.limits.owner_bytes)
    if options.beyond and not await accounts.has_keys():
        raise ValueError(
            f"Anyone who reaches {options.host} could use this: restyle keys add NAME makes a key, "
            "without which nobody is served, or leave --web-host out."
        )
    listening, aside = _listen(options.host, options.port), Aside(LOADED_ASIDE)
    with contextlib.suppress(OSError):  # out of processes for now; it is tried again when needed
        aside.start()
    desk = Desk(
        service,
        accounts,
        aside,
        Hub(service, lambda job: _shown(desk, job)),
        PluginParameters(service.rules),
        limits=options.limits,
        hosts=options.hosts,
        beyond=options.beyond,
    )
    server = _Server(_config(desk))
    work = asyncio.create_task(server.serve(sockets=[listening]))
    beside = [asyncio.create_task(it.run()) for it in _beside(desk)]
    try:
        yield _address(listening)
    finally:
        for task in beside:
            task.cancel()
        desk.hub.close()
        server.should_exit = True
        await asyncio.gather(work, *beside, return_exceptions=True)
        aside.shutdown()
        desk.parameters.shutdown()


def _beside(desk: Desk) -> list[Runs]:
    """What goes on beside the answers: old files are deleted, webhooks are told."""
    limits = desk.limits
    retention = Retention(
        desk.service,
        desk.files,
        uploads_hours=limits.uploads_seconds / 3600,
        results_days=limits.results_seconds / 86400,
    )
    webhooks = Webhooks(desk.service, private=limits.private_webhooks)
    desk.service.watch(lambda news: webhooks.wake() if _owes(news) else None)
    return [retention, webhooks]


def _owes(news: News) -> bool:
    return isinstance(news, JobNews) and news.job.ended and bool(news.job.webhook)


class _Server(uvicorn.Server):
    """uvicorn in a loop that is not its own: signals are for who runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture none."""
        yield


def _config(desk: Desk) -> uvicorn.Config:
    for name in ("uvicorn", "python_multipart"):  # our own log has what matters
        quiet = logging.getLogger(name)
        quiet.propagate = False
        quiet.addHandler(logging.NullHandler())
    return uvicorn.Config(
        build(desk),
        http=Connection,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off (TCP_NODELAY) only for sockets that name the protocol;
    # with it, each answer of two parts waits 40 ms for the client's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)  # at once: who reads the address may connect
    except OSError as error:
        listening.close()
        advice = (
            "is another restyle serve running? Choose another with --web-port."
            if error.errno == errno.EADDRINUSE
            else "choose others with --web-host and --web-port."
        )
        text = f"Port {port} of {host} cannot be used ({error.strerror}): {advice}"
        raise ValueError(text) from error
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _shown(desk: Desk, job: Job) -> str:
    return json.dumps(job_view(desk, job))
