"""What every route needs: the jobs, who may ask, and the limits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from plugin_bridge.accounts.accounts import Account, Accounts
from plugin_bridge.jobs.aside import Aside
from plugin_bridge.jobs.plugin_parameters import PluginParameters
from plugin_bridge.jobs.service import Service
from plugin_bridge.storage.files import Files
from plugin_bridge.web.events import Hub
from plugin_bridge.web.rate import Buckets

WHO = "restyle.who"  # in a scope: the Account that asks
JSON_BYTES = 64 << 10  # of a body that is no upload: a job has less than 1 kB. Not searched


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What clients may do.

    Attributes:
        upload_bytes: the largest upload.
        owner_bytes: how much an owner's uploads and results may take, unless the key says.
        free_bytes: what must stay free where files are kept.
        uploads_seconds, results_seconds: how long unused uploads, and results, are kept.
        audio_seconds: the longest sound.
        private_webhooks: whether webhooks may lead into internal networks.
    """

    upload_bytes: int = 500_000_000
    owner_bytes: int = 10_000_000_000
    free_bytes: int = 1_000_000_000
    uploads_seconds: float = 24 * 3600.0
    results_seconds: float = 7 * 86400.0
    audio_seconds: float = 3600.0
    private_webhooks: bool = False


@dataclass
class Desk:
    """What every route needs.

    Attributes:
        service: the jobs.
        accounts: the keys.
        limits: what clients may do.
        hosts: the names that the server answers to, see `check_host` in `guarding.guards`.
        beyond: whether others than this machine's users reach it: then each has to have a key.
        aside: where files are decoded.
        parameters: what can be set of chains; plugins are loaded for that, so one request at a
            time asks it, in `describing`.
        hub: where the streams of events hear what is new.
        making: what is being made of sounds just now, by the key of what comes of it.
        coming: how many bytes of each owner are being sent just now.
    """

    service: Service
    accounts: Accounts
    aside: Aside
    hub: Hub
    parameters: PluginParameters
    limits: Limits = field(default_factory=Limits)
    hosts: frozenset[str] = frozenset()
    beyond: bool = False
    buckets: Buckets = field(default_factory=Buckets)
    making: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    coming: dict[str, int] = field(default_factory=dict)
    describing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def files(self) -> Files:
        """Where uploads and results are."""
        assert self.service.files is not None
        return self.service.files

    async def needs_key(self) -> bool:
        """Whether a request has to show a key. Raises Unwritable."""
        return self.beyond or await self.accounts.has_keys()


def desk_of(request: Request) -> Desk:
    """The desk of the server that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


async def _desk(request: Request) -> Desk:
    return desk_of(request)


async def _who(request: Request) -> Account:
    who: Account = request.scope[WHO]
    return who


AtDesk = Annotated[Desk, Depends(_desk)]
Asking = Annotated[Account, Depends(_who)]
