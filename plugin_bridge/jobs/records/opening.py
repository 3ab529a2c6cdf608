"""Records by where they are: in a journal's file, or in a database with an address."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from plugin_bridge.jobs.records.records import Key, Records, Usage
from plugin_bridge.jobs.records.sqlite import open_beside


class Accounts(Protocol):
    """What of `Records` is about keys and usage."""

    name: str

    def secret(self) -> bytes: ...

    def add_key(self, key: Key) -> None: ...

    def keys(self) -> list[Key]: ...

    def replace_key(self, key: Key) -> None: ...

    def usage(
        self, *, since: float = 0.0, until: float | None = None, owner: str | None = None
    ) -> list[Usage]: ...

    def used_seconds(self, owner: str, since: float) -> float: ...

    def close(self) -> None: ...


def open_shared(url: str) -> Records:
    """The records at an address of PostgreSQL, as a server of its own.

    Raises:
        ValueError: the database cannot be used, or psycopg is not installed.
    """
    try:
        from plugin_bridge.jobs.records.postgres import PostgresRecords
    except ImportError as error:
        raise _no_psycopg() from error
    return PostgresRecords(url)


def open_accounts(journal: Path, url: str | None = None, *, create: bool = False) -> Accounts:
    """Keys and usage, while a server may use them, too.

    Args:
        journal: the file that has them, if there is no ``url``.
        url: an address of PostgreSQL.
        create: whether to make a journal that is not there (`open_beside`).

    Raises:
        ValueError: they cannot be used, or are not there, or psycopg is not installed.
        OSError: the journal's folder cannot be written.
    """
    if url is None:
        return open_beside(journal, create=create)
    try:
        from plugin_bridge.jobs.records.postgres import Beside
    except ImportError as error:
        raise _no_psycopg() from error
    return Beside(url)


def _no_psycopg() -> ValueError:
    return ValueError("Records in PostgreSQL need psycopg: pip install 'restyle[postgres]'.")
