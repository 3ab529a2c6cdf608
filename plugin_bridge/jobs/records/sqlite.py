"""Records in a file: SQLite, and a lock that keeps a second server out.

Whoever reads has a connection of its own, so that it does not wait while the disk takes in what is
written. ``PRAGMA user_version`` says how it is all written down (`migrations.py`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.migrations import VERSION, Newer, migrate, version_of
from plugin_bridge.jobs.records.records import Unwritable
from plugin_bridge.jobs.records.sql import Accounts, Shared, Tables, Values

#: How long a transaction waits for another program that has locked the file. Not searched: a
#: client that is refused then waits for two at the most, and repeats its request anyway.
BUSY_SECONDS = 1.5

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)  # not a job


class _Transaction:
    """See `plugin_bridge.jobs.records.sql.Transaction`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def each(self, statement: str, rows: Sequence[Values]) -> list[int]:
        return [self._database.execute(statement, row).rowcount for row in rows]

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        if rows:
            self._database.executemany(statement, rows)


class _File(Tables):
    """The open file: a connection to write, and one to read."""

    _database: sqlite3.Connection
    _reader: sqlite3.Connection

    def _connect(self, path: Path) -> None:
        """Open a database that has these tables. Raises sqlite3.Error."""
        self._database = _connect(path)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA foreign_keys = ON")
            self._reader = _connect(path)
            self._reader.execute("PRAGMA query_only = ON")
            self._reader.execute("SELECT name FROM meta").fetchall()  # by now there is a -wal
        except BaseException:
            self._database.close()
            raise

    def _read(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        with _unwritable():
            return self._reader.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[_Transaction]:
        with _unwritable(), _all_or_none(self._database):
            yield _Transaction(self._database)

    def close(self) -> None:
        """See `plugin_bridge.jobs.records.records.Records.close`."""
        self._reader.close()
        self._database.close()


class SqliteRecords(_File, Shared):
    """See `plugin_bridge.jobs.records.records.Records`; a second one on the file is refused.

    An older Restyle's file is rewritten when it is opened; a newer one's is left as it is.

    Args:
        path: the file; its folder is made if it is missing.

    Raises:
        ValueError: another server uses the file, or it is no journal, or a newer Restyle's.
        OSError: its folder cannot be written.
    """

    shared = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(f"{path}.lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(
                f"Another restyle uses the journal {path}: stop it, or give --journal FILE."
            ) from None
        try:
            with _explained(path):
                self._prepare()
                self._connect(path)
        except ValueError:
            self._lock.release()
            raise
        self._identities = dict(self._present())

    def _prepare(self) -> None:
        """Bring the file to this version."""
        database = _connect(self.path)
        try:
            database.execute("PRAGMA synchronous = FULL")
            if version_of(database) < VERSION:
                with _all_or_none(database):
                    migrate(database)
            database.execute("PRAGMA journal_mode = WAL")
        finally:
            database.close()

    def load(self) -> list[Job]:
        """See `Records.load`. Raises ValueError if what is written there are no jobs."""
        with _explained(self.path):
            return super().load()

    def is_there(self) -> bool:
        """Whether the path still leads to the file that is open, and its companions to theirs.

        What is written to a file without a name is gone once the server ends. It is not made anew:
        whoever took it away may have meant that, a second server may by now have a journal at this
        path, as the lock may be gone, too, and jobs written to both would be done twice.
        """
        return dict(self._present()) == self._identities

    def _present(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Which of the journal's files are there, and which files they are.

        The database itself must not be opened for that: closing a second descriptor would drop the
        locks that SQLite holds on it.
        """
        for suffix in ("", "-wal", ".lock"):
            try:
                about = os.stat(f"{self.path}{suffix}")
            except OSError:
                continue
            yield suffix, (about.st_dev, about.st_ino)

    def close(self) -> None:
        """See `Records.close`."""
        super().close()
        self._lock.release()

    # There are no other servers.

    def keep_alive(self) -> None:
        """See `Records.keep_alive`."""

    def adopt(self) -> list[Job]:
        """See `Records.adopt`."""
        return []

    def announce(self, news: Mapping[str, Any]) -> None:
        """See `Records.announce`."""

    def listen(self, hear: Callable[[Mapping[str, Any]], object]) -> None:
        """See `Records.listen`."""

    def want_cancelled(self, id: str) -> None:
        """See `Records.want_cancelled`."""

    def wanted(self) -> list[str]:
        """See `Records.wanted`."""
        return []


class Beside(_File, Accounts):
    """Keys and usage in a file that a server may have open; see `open_beside`."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        with _explained(path):
            self._connect(path)


def open_beside(path: Path, *, create: bool = False) -> Beside:
    """Open a journal for its keys and usage alone, whether or not a server has it.

    Args:
        path: the file.
        create: whether to make a journal that is not there, or rewrite an older Restyle's, which
            no server may have open then.

    Raises:
        ValueError: it is not there, or no journal, or a newer Restyle's, or an older one's.
        OSError: its folder cannot be written.
    """
    if not _is_current(path):
        if not create:
            raise ValueError(
                f"The journal {path} is not there, or an older Restyle's: start restyle serve "
                "with it once, or give --journal FILE."
            )
        SqliteRecords(path).close()
    return Beside(path)


def _is_current(path: Path) -> bool:
    """Whether there is a journal of this version. Raises ValueError if it is no older one."""
    if not path.exists():
        return False
    with _explained(path):
        database = _connect(path)
        try:
            return version_of(database) == VERSION
        finally:
            database.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


@contextmanager
def _all_or_none(database: sqlite3.Connection) -> Iterator[None]:
    """A block of which all is written, or nothing, waiting for the disk only once."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextmanager
def _unwritable() -> Iterator[None]:
    """Raise `Unwritable` for SQLite's errors."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        busy = code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        raise Unwritable(str(error), busy=busy) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in one line, as a ValueError, why a file is no journal that can be used."""
    try:
        yield
    except Newer as error:
        raise ValueError(
            f"The journal {path} is a newer Restyle's ({error}): update Restyle, or give "
            "--journal FILE."
        ) from error
    except (sqlite3.Error, Unwritable, *_UNREADABLE) as error:
        raise ValueError(
            f"The journal {path} cannot be used ({error}): move it away, or give --journal FILE."
        ) from error
