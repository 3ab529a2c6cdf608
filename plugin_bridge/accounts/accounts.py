"""Whose a request is: the owner of its key, or of its page's cookie."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from plugin_bridge.accounts.rates import Rate
from plugin_bridge.accounts.tokens import digest_of, is_token, page_id, same
from plugin_bridge.jobs.owner import Owner
from plugin_bridge.jobs.records.records import Key, Records

# How long the table of keys is taken for true; a revoked key is good for at most that long.
FRESH_SECONDS = 1.0
PLACE = 32  # how many hex digits of a digest find it: 128 bits. All are then compared
LOCAL = "local"  # the owner of what comes from this machine, without key and cookie


class Asks(Protocol):
    """What is needed of `plugin_bridge.jobs.service.Service`."""

    @property
    def records(self) -> Records:
        """The database."""
        ...

    async def ask(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the records in a thread."""
        ...


@dataclass(frozen=True)
class Account(Owner):
    """An owner, and what the web has to know of them besides.

    Attributes:
        name: what to show for them.
        rate: how many requests they may make; None for any number.
    """

    name: str = ""
    rate: Rate | None = None


class _Good(NamedTuple):
    """A key that is good, and whose it is."""

    digest: str
    account: Account


class _Table(NamedTuple):
    """The keys that are good, by the first half of their digests, and when this was read."""

    good: Mapping[str, _Good]
    read: float


class Accounts:
    """The owners of keys and cookies. Its coroutines are for the service's loop.

    Args:
        service: its records have the keys.
        max_owner_bytes: how much one owner's uploads and results may take; 0 for any number.
    """

    def __init__(self, service: Asks, *, max_owner_bytes: int = 0) -> None:
        self._service, self._bytes = service, max_owner_bytes
        self._secret = b""
        self._table = _Table({}, -FRESH_SECONDS)
        self._reading: asyncio.Task[_Table] | None = None

    async def owner_of(self, token: str) -> Account | None:
        """The owner of a key; None if it is no key, or good no longer.

        Raises:
            Unwritable: the database does not answer.
        """
        if not is_token(token):  # so that a long text costs nothing
            return None
        digest = digest_of(token, await self.secret())
        found = (await self._fresh()).good.get(digest[:PLACE])
        return found.account if found is not None and same(found.digest, digest) else None

    async def has_keys(self) -> bool:
        """Whether there is a key that is good. Raises Unwritable."""
        return bool((await self._fresh()).good)

    async def page_owner(self, cookie: str) -> Account:
        """The owner that a page's cookie makes. Raises Unwritable."""
        return Account(page_id(cookie, await self.secret()), bytes=self._bytes, name="this browser")

    def local(self) -> Account:
        """The owner of what comes from this machine, without key and cookie."""
        return Account(LOCAL, bytes=self._bytes, name="this machine")

    async def secret(self) -> bytes:
        """The database's secret, which never changes. Raises Unwritable."""
        if not self._secret:
            self._secret = await self._service.ask(self._service.records.secret)
        return self._secret

    async def _fresh(self) -> _Table:
        """The table, read anew if it is old; requests at the same time wait for one reading."""
        if time.monotonic() - self._table.read < FRESH_SECONDS:
            return self._table
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return await asyncio.shield(self._reading)

    async def _read(self) -> _Table:
        asked = time.monotonic()
        keys = await self._service.ask(self._service.records.keys)
        good = [_Good(key.digest, self._account(key)) for key in keys if not key.revoked]
        self._table = _Table({it.digest[:PLACE]: it for it in good}, asked)
        return self._table

    def _account(self, key: Key) -> Account:
        return Account(
            key.id,
            quota_seconds=key.quota_seconds,
            running=key.running,
            queued=key.queued,
            bytes=self._bytes,
            name=key.name,
            rate=Rate(key.rate_count, key.rate_seconds),
        )
