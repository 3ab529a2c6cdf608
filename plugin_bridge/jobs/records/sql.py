"""What can be asked of the records, in the SQL that SQLite and PostgreSQL share.

A database has only to say how a statement is run, in `Tables`. Places for values are ``?``. Several
rows are changed in the order of their ids, so that two servers never wait for each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Delivery, Key, Owed, Row, Upload, Usage, Written
from plugin_bridge.jobs.records.tables import (
    DELIVERY_COLUMNS,
    JOB_COLUMNS,
    KEY_COLUMNS,
    UPLOAD_COLUMNS,
    USAGE_COLUMNS,
    insert,
    job_of,
    job_row,
    key_row,
    marks,
    upload_of,
    upload_row,
)

Values = Sequence[object]


class Transaction(Protocol):
    """A transaction that is under way."""

    def each(self, statement: str, rows: Sequence[Values]) -> list[int]:
        """Run the statement with each row; returns how many rows of the table each has met."""
        ...

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run the statement with each row."""
        ...


class Tables(ABC):
    """A database with the tables of `plugin_bridge.jobs.records.tables`."""

    @abstractmethod
    def _read(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """The rows that a query finds. Raises `Unwritable`."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Transaction]:
        """A block of which all is written, durably, or nothing. Raises `Unwritable`."""


class Accounts(Tables):
    """Keys and usage: see `plugin_bridge.jobs.records.records.Records`."""

    def secret(self) -> bytes:
        """See `Records.secret`."""
        [(text,)] = self._read("SELECT value FROM meta WHERE name = 'secret'")
        return bytes.fromhex(text)

    def add_key(self, key: Key) -> None:
        """See `Records.add_key`. Raises ValueError if another good key has its name."""
        with self._transaction() as it:
            added = it.each(insert("keys", KEY_COLUMNS), [key_row(key)])
        if added == [0]:
            raise ValueError(f"There is a key {key.name!r}: choose another name, or revoke it.")

    def keys(self) -> list[Key]:
        """See `Records.keys`."""
        rows = self._read(f"SELECT {', '.join(KEY_COLUMNS)} FROM keys ORDER BY created, id")
        return [Key(*row) for row in rows]

    def replace_key(self, key: Key) -> None:
        """See `Records.replace_key`."""
        places = ", ".join(f"{name} = ?" for name in KEY_COLUMNS)
        with self._transaction() as it:
            it.many(f"UPDATE keys SET {places} WHERE id = ?", [(*key_row(key), key.id)])

    def usage(
        self, *, since: float = 0.0, until: float | None = None, owner: str | None = None
    ) -> list[Usage]:
        """See `Records.usage`."""
        given = {"ended >= ?": since, "ended < ?": until, "owner = ?": owner}
        asked = {place: value for place, value in given.items() if value is not None}
        columns, which = ", ".join(USAGE_COLUMNS), " AND ".join(asked)
        query = f"SELECT {columns} FROM usage WHERE {which} ORDER BY ended, id"
        rows = self._read(query, list(asked.values()))
        return [Usage(*row) for row in rows]

    def used_seconds(self, owner: str, since: float) -> float:
        """See `Records.used_seconds`."""
        which = "SELECT COALESCE(SUM(audio_seconds), 0) FROM usage WHERE owner = ? AND ended >= ?"
        [(seconds,)] = self._read(which, (owner, since))
        return float(seconds)


class Jobs(Tables):
    """Jobs: see `plugin_bridge.jobs.records.records.Records`.

    Attributes:
        server: which of the servers that share the database this one is; ``""`` if it is alone.
    """

    server = ""

    @abstractmethod
    def is_there(self) -> bool:
        """See `Records.is_there`."""

    def load(self) -> list[Job]:
        """See `Records.load`."""
        which = "ended = 0 AND server = ? OR ended <> 0 AND owner = ''"
        return self._jobs(f"WHERE {which} ORDER BY number", (self.server,))

    def write(self, rows: Sequence[Row]) -> Written:
        """See `Records.write`."""
        with self._transaction() as it:
            self._begin(it)
            taken = self._add([row.job for row in rows if row.new], it)
            lost = self._update([row.job for row in rows if not row.new], it)
            left = [row for row in rows if row.job.id not in {*taken, *lost}]
            usage = [row.usage for row in left if row.usage is not None]
            it.many(insert("usage", USAGE_COLUMNS), usage)
            deliveries = [row.delivery for row in left if row.delivery is not None]
            it.many(insert("deliveries", DELIVERY_COLUMNS), deliveries)
        return Written(self.is_there(), taken, lost)

    def _begin(self, it: Transaction) -> None:
        """What belongs to each transaction that writes jobs."""

    def _add(self, jobs: Sequence[Job], it: Transaction) -> list[str]:
        """Add new jobs, and what they read; returns which ids others have."""
        added = it.each(insert("jobs", JOB_COLUMNS), [job_row(job, self.server) for job in jobs])
        taken = [job.id for job, count in zip(jobs, added, strict=True) if not count]
        uses = [
            (job.id, key)
            for job in jobs
            if job.owner and job.id not in taken
            for key in sorted(set(job.inputs.values()))
        ]
        it.many(insert("uses", ("job", "key")), uses)
        return taken

    def _update(self, jobs: Sequence[Job], it: Transaction) -> list[str]:
        """Write known jobs anew; returns which are another server's by now."""
        places = ", ".join(f"{name} = ?" for name in JOB_COLUMNS)
        met = it.each(
            f"UPDATE jobs SET {places} WHERE id = ? AND server = ?",
            [(*job_row(job, self.server), job.id, self.server) for job in jobs],
        )
        return [job.id for job, count in zip(jobs, met, strict=True) if not count]

    def delete(self, ids: Iterable[str]) -> None:
        """See `Records.delete`."""
        with self._transaction() as it:
            it.many("DELETE FROM jobs WHERE id = ?", [(id,) for id in sorted(ids)])

    def find(self, id: str) -> Job | None:
        """See `Records.find`."""
        return next(iter(self._jobs("WHERE id = ? AND owner <> ''", (id,))), None)

    def page(
        self, owner: str, *, states: Sequence[str] = (), before: int | None = None, limit: int = 50
    ) -> list[Job]:
        """See `Records.page`."""
        which, values = "WHERE owner = ?", [owner, *states]
        if states:
            which += f" AND state IN ({marks(len(states))})"
        if before is None:
            return self._jobs(f"{which} ORDER BY number DESC LIMIT ?", (*values, limit))
        which += " AND number < ? ORDER BY number DESC LIMIT ?"
        return self._jobs(which, (*values, before, limit))

    def owed(self, owner: str) -> Owed:
        """See `Records.owed`."""
        rows = self._read(
            "SELECT state, COUNT(*), SUM(audio_seconds) FROM jobs WHERE owner = ? "
            "AND state IN ('queued', 'running', 'written') GROUP BY state",
            (owner,),
        )
        queued = sum(count for state, count, _ in rows if state == "queued")
        running = sum(count for state, count, _ in rows if state != "queued")
        return Owed(queued, running, sum(seconds for _, _, seconds in rows))

    def bytes_of(self, owner: str) -> int:
        """See `Records.bytes_of`."""
        [(total,)] = self._read(
            "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM jobs WHERE owner = ? AND bytes > 0) + "
            "(SELECT COALESCE(SUM(bytes), 0) FROM uploads WHERE owner = ?)",
            (owner, owner),
        )
        return int(total)

    def ended_before(self, time: float, limit: int = 100) -> list[Job]:
        """See `Records.ended_before`."""
        which = "WHERE ended > 0 AND owner <> '' AND ended < ? ORDER BY ended LIMIT ?"
        return self._jobs(which, (time, limit))

    def _jobs(self, which: str, values: Values) -> list[Job]:
        return [job_of(text) for (text,) in self._read(f"SELECT job FROM jobs {which}", values)]


class Uploads(Tables):
    """Uploads: see `plugin_bridge.jobs.records.records.Records`."""

    def add_upload(self, upload: Upload) -> None:
        """See `Records.add_upload`."""
        with self._transaction() as it:
            it.many(insert("uploads", UPLOAD_COLUMNS), [upload_row(upload)])

    def upload(self, id: str) -> Upload | None:
        """See `Records.upload`."""
        rows = self._read("SELECT upload, used FROM uploads WHERE id = ?", (id,))
        return upload_of(*rows[0]) if rows else None

    def use_uploads(self, ids: Iterable[str], now: float) -> None:
        """See `Records.use_uploads`."""
        with self._transaction() as it:
            it.many("UPDATE uploads SET used = ? WHERE id = ?", [(now, id) for id in sorted(ids)])

    def delete_uploads(self, ids: Iterable[str]) -> None:
        """See `Records.delete_uploads`."""
        with self._transaction() as it:
            it.many("DELETE FROM uploads WHERE id = ?", [(id,) for id in sorted(ids)])

    def unused_uploads(self, before: float, limit: int = 100) -> list[Upload]:
        """See `Records.unused_uploads`."""
        rows = self._read(
            "SELECT upload, used FROM uploads WHERE used < ? AND NOT EXISTS "
            "(SELECT 1 FROM uses WHERE uses.key = uploads.key) ORDER BY used LIMIT ?",
            (before, limit),
        )
        return [upload_of(*row) for row in rows]

    def users_of(self, key: str) -> int:
        """See `Records.users_of`."""
        [(count,)] = self._read("SELECT COUNT(*) FROM uses WHERE key = ?", (key,))
        return int(count)


class Deliveries(Tables):
    """What is owed to webhooks: see `plugin_bridge.jobs.records.records.Records`."""

    def claim_deliveries(self, now: float, until: float, limit: int = 20) -> list[Delivery]:
        """See `Records.claim_deliveries`."""
        columns = ", ".join(DELIVERY_COLUMNS)
        rows = self._read(
            f"SELECT {columns} FROM deliveries WHERE due <= ? ORDER BY due, id LIMIT ?",
            (now, limit),
        )
        if not rows:
            return []
        found = [Delivery(*row) for row in rows]
        with self._transaction() as it:
            claimed = it.each(  # what another has claimed meanwhile is no longer due
                "UPDATE deliveries SET due = ? WHERE id = ? AND due <= ?",
                [(until, delivery.id, now) for delivery in found],
            )
        return [delivery for delivery, mine in zip(found, claimed, strict=True) if mine]

    def postpone_delivery(self, id: str, *, tries: int, due: float) -> None:
        """See `Records.postpone_delivery`."""
        with self._transaction() as it:
            it.many("UPDATE deliveries SET tries = ?, due = ? WHERE id = ?", [(tries, due, id)])

    def delete_delivery(self, id: str) -> None:
        """See `Records.delete_delivery`."""
        with self._transaction() as it:
            it.many("DELETE FROM deliveries WHERE id = ?", [(id,)])


class Shared(Jobs, Uploads, Deliveries, Accounts):
    """All that both databases do in the same words."""
