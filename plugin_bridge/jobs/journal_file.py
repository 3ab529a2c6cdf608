"""The journal's file: a row for each job, in SQLite, and a lock that keeps a second server out.

Everything here may wait, for the disk or for another program: `plugin_bridge.jobs.journal` calls it
in a thread of its own.

``PRAGMA user_version`` says how the jobs are written down. An older journal is rewritten when it
is opened, in one transaction; one of a newer Restyle is refused and left as it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from plugin_bridge.jobs.job import Job

#: How long a transaction waits for another program that has locked the file. Not searched: a
#: client that is refused then waits for two at the most, and repeats its request anyway.
BUSY_SECONDS = 1.5

_TABLE = (
    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, number INTEGER, state TEXT, "
    "changed REAL, job TEXT)"
)


class Row(NamedTuple):
    """A job as it is written down: ``job`` is JSON, ``changed`` the time, in seconds."""

    id: str
    number: int
    state: str
    changed: float
    job: str


class JournalFile:
    """The open file; a second one on the same path is refused while the first lives.

    Args:
        path: the file; its folder is made if it is missing.

    Raises:
        ValueError: another server uses the file, or it is no journal, or a newer Restyle's.
        OSError: its folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(f"{path}.lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(
                f"Another restyle uses the journal {path}: stop it, or give --journal FILE."
            ) from None
        try:
            self.jobs = self._open()
        except _Newer as error:
            self._lock.release()
            raise ValueError(
                f"The journal {path} is a newer Restyle's ({error}): update Restyle, or give "
                "--journal FILE."
            ) from error
        except (sqlite3.Error, *_UNREADABLE) as error:
            self._lock.release()
            raise ValueError(
                f"The journal {path} cannot be used ({error}): move it away, or give "
                "--journal FILE."
            ) from error
        self._identities = dict(self._present())

    def _open(self) -> list[Job]:
        """Open the database; returns the jobs in it, in the order of submission."""
        self._database = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            self._migrate()
            self._database.execute("PRAGMA journal_mode = WAL")
            rows = self._database.execute("SELECT job FROM jobs ORDER BY number")
            return [Job(**json.loads(text)) for (text,) in rows]
        except BaseException:
            self._database.close()
            raise

    def _migrate(self) -> None:
        """Bring an older journal, or a new and empty one, to this version: wholly or not at all."""
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise _Newer(f"version {version}, and this one knows {VERSION}")
        if version == VERSION:
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.execute(_TABLE)
            rows = self._database.execute("SELECT job, rowid FROM jobs").fetchall()
            new = [(_migrated(text, version), row) for text, row in rows]
            self._database.executemany("UPDATE jobs SET job = ? WHERE rowid = ?", new)
            self._database.execute(f"PRAGMA user_version = {VERSION}")
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def write(self, rows: Iterable[Row]) -> bool:
        """Write ``rows`` down, all or none. Returns `is_there`, as of after that.

        Raises:
            sqlite3.Error: that is not possible now; see `is_busy`.
        """
        self._change("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?)", rows)
        return self.is_there()

    def delete(self, ids: Iterable[str]) -> None:
        """Delete the rows of these jobs, all or none.

        Raises:
            sqlite3.Error: as `write`.
        """
        self._change("DELETE FROM jobs WHERE id = ?", [(id,) for id in ids])

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
        """Let go of the file."""
        self._database.close()
        self._lock.release()

    def _change(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run ``statement`` with each of ``rows``: all or none, waiting for the disk only once."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(statement, rows)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def is_busy(error: sqlite3.Error) -> bool:
    """Whether a transaction failed because another program has locked the file."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class _Newer(Exception):  # noqa: N818 - says what the journal is
    """The journal was written by a newer Restyle."""


def _name_operation(job: dict[str, Any]) -> dict[str, Any]:
    """Bring a job from version 0, in which each restyled one stem, to version 1."""
    stem, out, preset = (job.pop(name) for name in ("stem", "out", "preset"))
    return {
        **job,
        "operation": "restyle",
        "inputs": {"stem": stem},
        "output": out,
        "settings": {"preset": preset, **job["settings"]},
        "owner": "",
    }


def _add_made_of(job: dict[str, Any]) -> dict[str, Any]:
    """Bring a job from version 1, which did not say what its result is made of, to version 2."""
    return {**job, "made_of": {}}


def _migrated(text: str, version: int) -> str:
    """A job's text from a journal of ``version``, as it is written down now."""
    job = json.loads(text)
    for migrate in _MIGRATIONS[version:]:
        job = migrate(job)
    Job(**job)  # raises if it is not a job, before anything is changed
    return json.dumps(job)


#: One for each version, from 0 on: each brings a job from its version to the next.
_MIGRATIONS: Sequence[Callable[[dict[str, Any]], dict[str, Any]]] = (
    _name_operation,
    _add_made_of,
)
VERSION = len(_MIGRATIONS)

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)  # not a job
