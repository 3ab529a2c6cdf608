"""A connection to PostgreSQL that is made anew when it was lost, and never tells the password.

Together with `postgres.py` the only module that imports psycopg: the extra ``restyle[postgres]``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from plugin_bridge.jobs.records.records import Unwritable

SCHEMA_NAME = "restyle"  # so that the tables can share a database with others
CONNECT_SECONDS = 5  # that a connection may take; not searched
ANSWER_SECONDS = 10  # that the database may take for a statement; not searched

Connection = psycopg.Connection[tuple[Any, ...]]


class Address:
    """Where a database is.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``; what it leaves out is in libpq's
            environment variables, such as ``PGPASSWORD``.

    Attributes:
        name: the same without password, to be shown.

    Raises:
        ValueError: it is no such address.
    """

    def __init__(self, url: str) -> None:
        try:
            if not url.startswith(("postgresql://", "postgres://")):
                raise psycopg.ProgrammingError("another kind of address")
            self._parts = conninfo_to_dict(url)
        except psycopg.Error:  # whose text may have the password in it
            raise ValueError(
                "This is no address of a PostgreSQL database: give "
                "postgresql://USER:PASSWORD@HOST/DATABASE."
            ) from None
        part = {name: str(value) for name, value in self._parts.items()}
        user = f"{part['user']}@" if "user" in part else ""
        port = f":{part['port']}" if "port" in part else ""
        self.name = f"postgresql://{user}{part.get('host', '')}{port}/{part.get('dbname', '')}"

    def __repr__(self) -> str:
        return f"Address({self.name!r})"

    def connect(self) -> Connection:
        """A new connection, in which each statement is a transaction. Raises psycopg.Error."""
        given: dict[str, Any] = {
            "application_name": "restyle",
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": ANSWER_SECONDS * 1000,  # ms
            **self._parts,
        }
        connection = psycopg.connect("", autocommit=True, **given)
        connection.execute(
            f"SET search_path TO {SCHEMA_NAME}; SET statement_timeout TO '{ANSWER_SECONDS}s'"
        )
        return connection

    def explain(self, error: psycopg.Error) -> str:
        """What went wrong, in one line."""
        text = " ".join(str(error).split()) or type(error).__name__
        password = self._parts.get("password")
        return text.replace(str(password), "***") if password else text


class Link:
    """A connection for whichever thread needs it; they wait for each other."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._since = 0.0

    @property
    def age_seconds(self) -> float:
        """For how long it has not been lost."""
        return time.monotonic() - self._since if self._connection is not None else 0.0

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """Lend the connection. Raises `Unwritable` if the database fails, also in the block."""
        with self._lock:
            try:
                if self._connection is None or not _answers(self._connection):
                    self._drop()
                    self._connection = self._address.connect()
                    self._since = time.monotonic()
                yield self._connection
            except psycopg.Error as error:
                raise unwritable(error, self._address) from error

    def close(self) -> None:
        """Close it; it must not be used again."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _answers(connection: Connection) -> bool:
    """Whether the database is still there: it may have been restarted since it was last asked."""
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def unwritable(error: psycopg.Error, address: Address) -> Unwritable:
    """PostgreSQL's error as the records raise it."""
    full = isinstance(error, psycopg.errors.DiskFull)
    busy = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and not full
    return Unwritable(address.explain(error), busy=busy)
