"""What records hold, and what can be asked of them.

Two databases keep them: SQLite in a file (`sqlite.py`), for one server, and PostgreSQL
(`postgres.py`), which several servers share. Everything here may wait for a disk or a network:
`plugin_bridge.jobs.journal` calls it in threads of its own. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from plugin_bridge.jobs.job import Job


@dataclass(frozen=True)
class Upload:
    """A sound that a client has sent.

    Attributes:
        id: 128 random bits.
        owner: whose it is.
        name: what the client calls it; only to be shown.
        key: where it is kept, see `plugin_bridge.storage.files`.
        bytes, digest: its size, and the SHA-256 of its contents in hex.
        seconds, rate, channels: by its header; Hz.
        created, used: when it came, and when a job last named it.
    """

    id: str
    owner: str
    name: str
    key: str
    bytes: int
    digest: str
    seconds: float
    rate: int
    channels: int
    created: float
    used: float


@dataclass(frozen=True)
class Key:
    """An API key, and what its owner may do.

    Attributes:
        id: also the owner of all that is done with it. ``key_`` and 12 hex digits.
        name: the operator's name for it; unique among keys that are not revoked.
        digest: BLAKE2b of the key itself, keyed with `Records.secret`, in hex.
        quota_seconds: of audio in a calendar month (UTC); None for no limit.
        rate_count, rate_seconds: how many requests in how many seconds.
        running, queued: how many of its jobs run at once, and wait.
        customer: Stripe's id of the customer, for exports; ``""`` if there is none.
        created, revoked: when; ``revoked`` is 0 while it is good.
    """

    id: str
    name: str
    digest: str
    quota_seconds: float | None
    rate_count: int
    rate_seconds: float
    running: int
    queued: int
    customer: str
    created: float
    revoked: float = 0.0


class Usage(NamedTuple):
    """A job that was done, for billing: written once, in the transaction that ends the job.

    Attributes:
        id: the job's id; it makes the row unique.
        owner: whose job it was; the id of a `Key`, if it was sent with one.
        operation: what was done.
        audio_seconds, work_seconds: how long the result lasts, and how long the work took.
        bytes: of the result.
        ended: when.
    """

    id: str
    owner: str
    operation: str
    audio_seconds: float
    work_seconds: float
    bytes: int
    ended: float


class Delivery(NamedTuple):
    """A message about a job's end that is owed to a webhook.

    Attributes:
        id: the same in every try; unique.
        owner: whose job it is.
        url: where to.
        body: JSON.
        tries: how many have failed.
        due: when to try next.
    """

    id: str
    owner: str
    url: str
    body: str
    tries: int
    due: float


class Row(NamedTuple):
    """A job as it is to be written down, and what goes into the same transaction.

    Attributes:
        job: as it is now.
        new: whether it was not written before.
        usage, delivery: to be added, unless a row of that id is there already.
    """

    job: Job
    new: bool = False
    usage: Usage | None = None
    delivery: Delivery | None = None


class Written(NamedTuple):
    """What became of rows.

    Attributes:
        there: whether the database still is where it was opened (see `Records.is_there`).
        taken: ids of new jobs that others have: these were not written.
        lost: ids of known jobs that another server has taken over: these were not written.
    """

    there: bool = True
    taken: Sequence[str] = ()
    lost: Sequence[str] = ()


class Owed(NamedTuple):
    """How much an owner has asked for: jobs waiting and running, and seconds of audio in them."""

    queued: int
    running: int
    audio_seconds: float


class Ledger(Protocol):
    """Keys, and what was done with them. Methods raise `Unwritable`, as those of `Records`.

    Attributes:
        name: what to call it in messages: the journal's path, or the database without password.
    """

    name: str

    # Keys.

    def secret(self) -> bytes:
        """32 random bytes of this database, made once: what keys and signatures are made with."""
        ...

    def add_key(self, key: Key) -> None: ...

    def keys(self) -> list[Key]:
        """All keys, also those revoked, the oldest first."""
        ...

    def replace_key(self, key: Key) -> None:
        """Write a known key anew: rotated, revoked, or with other limits."""
        ...

    # Usage: rows are only ever added, by `write`.

    def usage(
        self, *, since: float = 0.0, until: float | None = None, owner: str | None = None
    ) -> list[Usage]:
        """The rows of jobs that ended from ``since`` to before ``until``, the oldest first."""
        ...

    def used_seconds(self, owner: str, since: float) -> float:
        """How many seconds of audio an owner's jobs that ended since then have made."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Records(Ledger, Protocol):
    """The database. Methods raise `Unwritable` when it cannot be used just now.

    Attributes:
        shared: whether several servers may use it.
    """

    shared: bool

    # The jobs of this server.

    def load(self) -> list[Job]:
        """The jobs of this server that have not ended, and the ended ones that nobody owns."""
        ...

    def write(self, rows: Sequence[Row]) -> Written:
        """Write rows down, all (but those `taken` or `lost`) or none."""
        ...

    def delete(self, ids: Iterable[str]) -> None:
        """Delete jobs. Their usage and what is owed to webhooks stay."""
        ...

    def is_there(self) -> bool:
        """Whether what is written down will still be found after a restart."""
        ...

    def close(self) -> None:
        """Let go of it; of what others may adopt, they may do so at once."""
        ...

    # Several servers. Where `shared` is False these do nothing.

    def keep_alive(self) -> None:
        """Tell the others that this server lives; to be called every second."""
        ...

    def adopt(self) -> list[Job]:
        """Take over the unended jobs of servers that have not been heard of for a while."""
        ...

    def announce(self, news: Mapping[str, Any]) -> None:
        """Tell the other servers something, as JSON below 4 kB; it may be lost."""
        ...

    def listen(self, hear: Callable[[Mapping[str, Any]], object]) -> None:
        """Call ``hear``, in a thread, with what others announce, until `close`."""
        ...

    def want_cancelled(self, id: str) -> None:
        """Note that a job, perhaps another server's, is to be cancelled: see `wanted`."""
        ...

    def wanted(self) -> list[str]:
        """Ids of this server's unended jobs that are to be cancelled."""
        ...

    # All jobs that somebody owns.

    def find(self, id: str) -> Job | None:
        """The job of that id, whoever owns it and whichever server has it."""
        ...

    def page(
        self, owner: str, *, states: Sequence[str] = (), before: int | None = None, limit: int = 50
    ) -> list[Job]:
        """An owner's jobs, the newest first: those in ``states`` (none for all), below ``before``.

        ``before`` is a `Job.number`.
        """
        ...

    def owed(self, owner: str) -> Owed:
        """What an owner has waiting and running, on all servers."""
        ...

    def bytes_of(self, owner: str) -> int:
        """How much an owner's uploads and results take."""
        ...

    def ended_before(self, time: float, limit: int = 100) -> list[Job]:
        """Jobs with an owner that ended before ``time``, the oldest first."""
        ...

    # Uploads.

    def add_upload(self, upload: Upload) -> None: ...

    def upload(self, id: str) -> Upload | None: ...

    def use_uploads(self, ids: Iterable[str], now: float) -> None:
        """Note that a job has named them."""
        ...

    def delete_uploads(self, ids: Iterable[str]) -> None: ...

    def unused_uploads(self, before: float, limit: int = 100) -> list[Upload]:
        """Uploads that were not named since ``before``, and that no job that is kept reads."""
        ...

    def users_of(self, key: str) -> int:
        """How many jobs read the file of that key."""
        ...

    # Webhooks.

    def claim_deliveries(self, now: float, until: float, limit: int = 20) -> list[Delivery]:
        """Take those that are due; nobody else gets them before ``until``."""
        ...

    def postpone_delivery(self, id: str, *, tries: int, due: float) -> None: ...

    def delete_delivery(self, id: str) -> None: ...


class Unwritable(OSError):  # noqa: N818 - says what the records are
    """The records cannot be used just now.

    Attributes:
        busy: whether another program has locked them; else the disk is full, or nobody answers.
    """

    def __init__(self, text: str, *, busy: bool = False) -> None:
        super().__init__(text)
        self.busy = busy
