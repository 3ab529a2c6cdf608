"""Records by where they are: in a journal's file, or in a database with an address."""

from __future__ import annotations

from pathlib import Path

from plugin_bridge.jobs.records.records import Ledger, Records
from plugin_bridge.jobs.records.sqlite import open_beside


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


def open_ledger(journal: Path, url: str | None = None, *, create: bool = False) -> Ledger:
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
