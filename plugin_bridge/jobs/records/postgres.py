"""Records in PostgreSQL, which several servers share.

Each server has an id, and tells every second that it lives, by the clock of the database. Of one
that has been silent the others take over the jobs that have not ended. It may live all the same,
having been paused or cut off: so a job is only ever written by the server that has it, and one
that comes back finds its jobs lost.

All is in the schema ``restyle`` of the database, which the first server makes.
"""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.migrations import SECRET, new_secret
from plugin_bridge.jobs.records.postgres_link import (
    SCHEMA_NAME,
    Address,
    Connection,
    Link,
)
from plugin_bridge.jobs.records.records import Row, Unwritable, Written
from plugin_bridge.jobs.records.sql import Accounts, Shared, Tables, Transaction, Values
from plugin_bridge.jobs.records.tables import SCHEMA, job_of

#: After how long a server counts as dead that does not tell that it lives. Ten of its turns to do
#: so; not searched. A worker's result is lost if it was only slow, but never done twice.
SILENT_SECONDS = 10.0
LISTEN_SECONDS = 0.2  # how long `close` waits for the thread that listens, at most; not searched
AGAIN_SECONDS = 1.0  # until it listens again after the database was lost; not searched
_CLOSED_SECONDS = 1e6  # a server that has closed says that it was last seen in 1970: long before
_CHANNEL = "restyle"
_LOCK = 0x72657374796C65  # of whoever makes or changes the tables: "restyle" in ASCII

#: One for each version, from 0 on: what brings the tables to the next.
_MIGRATIONS: Sequence[Sequence[str]] = (
    (*SCHEMA, "CREATE TABLE servers (id TEXT PRIMARY KEY, seen TIMESTAMPTZ NOT NULL)"),
)
VERSION = len(_MIGRATIONS)

_SEEN = (
    "INSERT INTO servers (id, seen) VALUES (?, clock_timestamp()) "
    "ON CONFLICT (id) DO UPDATE SET seen = excluded.seen"
)


class _Transaction:
    """See `plugin_bridge.jobs.records.sql.Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def each(self, statement: str, rows: Sequence[Values]) -> list[int]:
        with self._connection.pipeline():
            done = [self._connection.execute(_own(statement), row) for row in rows]
        return [it.rowcount for it in done]

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        if rows:
            self._connection.cursor().executemany(_own(statement), rows)


class _Database(Tables):
    """An open database: a connection to write, and one to read.

    Raises:
        ValueError: it cannot be used, or is a newer Restyle's.
    """

    def __init__(self, url: str) -> None:
        self._address = Address(url)
        self.name = self._address.name
        try:
            _prepare(self._address)
        except psycopg.Error as error:
            text = self._address.explain(error)
            raise ValueError(f"The database {self.name} cannot be used ({text}).") from None
        self._writer, self._reader = Link(self._address), Link(self._address)

    def _read(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        with self._reader.use() as connection:
            return connection.execute(_own(statement), values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[_Transaction]:
        with self._writer.use() as connection, connection.transaction():
            yield _Transaction(connection)

    def close(self) -> None:
        """See `plugin_bridge.jobs.records.records.Records.close`."""
        self._reader.close()
        self._writer.close()


class PostgresRecords(_Database, Shared):
    """See `plugin_bridge.jobs.records.records.Records`.

    Args:
        url: see `plugin_bridge.jobs.records.postgres_link.Address`.

    Raises:
        ValueError: the database cannot be used, or is a newer Restyle's.
    """

    shared = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.server = uuid.uuid4().hex
        self._unsure: set[tuple[str, int]] = set()  # new jobs that may have been written, or not
        self._adopting = False  # whether jobs may have been adopted, or not
        self._closed = threading.Event()
        self._listener: threading.Thread | None = None

    def is_there(self) -> bool:
        """See `Records.is_there`."""
        return True

    def write(self, rows: Sequence[Row]) -> Written:
        """See `Records.write`."""
        written = super().write(rows)
        self._unsure.clear()
        return written

    def keep_alive(self) -> None:
        """See `Records.keep_alive`."""
        with self._transaction() as it:
            self._begin(it)
        self._unsure.clear()

    def _begin(self, it: Transaction) -> None:
        """Whoever writes lives. What an earlier transaction may have added, and not told, goes.

        A connection can be lost while it commits: nobody then knows whether it has, and the
        clients of the new jobs in it were told that it has not.
        """
        it.many(_SEEN, [(self.server,)])
        gone = [(id, number, self.server) for id, number in self._unsure]
        it.many("DELETE FROM jobs WHERE id = ? AND number = ? AND server = ?", gone)

    def _add(self, jobs: Sequence[Job], it: Transaction) -> list[str]:
        self._unsure.update((job.id, job.number) for job in jobs)
        return super()._add(jobs, it)

    def adopt(self) -> list[Job]:
        """See `Records.adopt`.

        After it has failed, it may return jobs that this server has already: those it may have
        adopted without being told are among them.
        """
        astray, self._adopting = self._adopting, True
        with self._writer.use() as connection, connection.transaction():
            dead = self._dead(connection)
            texts = connection.execute(
                "UPDATE jobs SET server = %s WHERE ended = 0 AND server = ANY(%s) RETURNING job",
                (self.server, dead),
            ).fetchall()
            connection.execute("DELETE FROM servers WHERE id = ANY(%s)", (dead,))
            if astray:
                query = "SELECT job FROM jobs WHERE ended = 0 AND server = %s"
                texts = connection.execute(query, (self.server,)).fetchall()
        self._adopting = False
        return sorted((job_of(text) for (text,) in texts), key=lambda job: job.number)

    def _dead(self, connection: Connection) -> list[str]:
        """The servers that count as dead, locked: each is taken over by one."""
        # After the database itself was away, the others need time to tell that they live; only
        # those that have closed are known to be gone.
        settled = self._writer.age_seconds >= SILENT_SECONDS
        most = SILENT_SECONDS if settled else _CLOSED_SECONDS
        rows = connection.execute(
            "SELECT id FROM servers WHERE id <> %s AND seen < clock_timestamp() - %s * "
            "interval '1 s' FOR UPDATE SKIP LOCKED",
            (self.server, most),
        ).fetchall()
        return [id for (id,) in rows]

    def close(self) -> None:
        """See `Records.close`."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._listener is not None:
            self._listener.join()
        with suppress(Unwritable), self._transaction() as it:
            it.many("UPDATE servers SET seen = 'epoch' WHERE id = ?", [(self.server,)])
        super().close()

    def want_cancelled(self, id: str) -> None:
        """See `Records.want_cancelled`."""
        with self._transaction() as it:
            it.many("UPDATE jobs SET wanted = 1 WHERE id = ? AND ended = 0", [(id,)])

    def wanted(self) -> list[str]:
        """See `Records.wanted`."""
        query = "SELECT id FROM jobs WHERE ended = 0 AND server = ? AND wanted = 1"
        return [id for (id,) in self._read(query, (self.server,))]

    def announce(self, news: Mapping[str, Any]) -> None:
        """See `Records.announce`."""
        text = json.dumps({"server": self.server, "news": news})
        with self._writer.use() as connection:
            connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, text))

    def listen(self, hear: Callable[[Mapping[str, Any]], object]) -> None:
        """See `Records.listen`. To be called once; ``hear`` must not raise."""
        self._listener = threading.Thread(
            target=self._listen, args=(hear,), name="restyle-listener", daemon=True
        )
        self._listener.start()

    def _listen(self, hear: Callable[[Mapping[str, Any]], object]) -> None:
        while not self._closed.is_set():
            with suppress(psycopg.Error), self._address.connect() as connection:
                connection.execute(f"LISTEN {_CHANNEL}")
                while not self._closed.is_set():
                    for note in connection.notifies(timeout=LISTEN_SECONDS):
                        with suppress(ValueError, LookupError, TypeError):  # not one of ours
                            said = json.loads(note.payload)
                            if said["server"] != self.server:
                                hear(said["news"])
            self._closed.wait(AGAIN_SECONDS)


class Beside(_Database, Accounts):
    """The keys and the usage of a database, for who is no server. See `PostgresRecords`."""


def _own(statement: str) -> str:
    """A statement with its places for values as psycopg has them."""
    return statement.replace("?", "%s")


def _prepare(address: Address) -> None:
    """Bring the tables to this version. Raises psycopg.Error, or ValueError if they are newer."""
    with address.connect() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        version = _version(connection)
        if version > VERSION:
            raise ValueError(
                f"The database {address.name} is a newer Restyle's (version {version}, and this "
                f"one knows {VERSION}): update Restyle."
            )
        if version == VERSION:
            return
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME}")
        for statement in itertools.chain(*_MIGRATIONS[version:]):
            connection.execute(_own(statement))
        connection.execute(_own(SECRET), (new_secret(),))
        connection.execute(
            "INSERT INTO meta (name, value) VALUES ('version', %s) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (str(VERSION),),
        )


def _version(connection: Connection) -> int:
    """The version of the tables; 0 if there are none."""
    found = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA_NAME}.meta",)).fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
    return int(row[0]) if row is not None else 0
