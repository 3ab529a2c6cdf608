"""The journal: every job that was accepted, and how far it has got, in SQLite.

A job is written down before its client is told that it was accepted, and each step before it is
taken. So after a crash at any moment a job is either ``queued`` or ``running`` (and is run again),
or ``written``: its result is whole in OUT.part and only has to be moved.

The server goes by the jobs in memory. A step that cannot be written down at once (a full disk) is
written with the next, or by `Journal.flush`.

``PRAGMA user_version`` says how the jobs are written down. An older journal is rewritten when it
is opened, in one transaction; one of a newer Restyle is refused and left as it is.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal

KEPT = 2000  # jobs that have ended; older ones are answered no_such_job. Not searched

_TABLE = (
    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, number INTEGER, state TEXT, "
    "changed REAL, job TEXT)"
)
_STORED = [item.name for item in fields(Job) if item.name not in ("progress", "stage")]


class Journal:
    """The jobs of one server; a second one on the same file is refused while the first lives.

    Args:
        path: the file; its folder is made if it is missing.
        kept: how many jobs that have ended are remembered; None for all.

    Raises:
        ValueError: another server uses the file, or it is no journal, or a newer Restyle's.
        OSError: its folder cannot be written.
    """

    def __init__(self, path: Path, *, kept: int | None = KEPT) -> None:
        self.path = path
        self._kept = kept
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(f"{path}.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(
                f"Another restyle uses the journal {path}: stop it, or give --journal FILE."
            ) from None
        self.jobs: dict[str, Job] = {}
        self._unwritten: dict[str, Job] = {}
        try:
            self._open()
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

    def _open(self) -> None:
        self._database = sqlite3.connect(self.path, isolation_level=None)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            self._migrate()
            self._database.execute("PRAGMA journal_mode = WAL")
            query = "SELECT job FROM jobs ORDER BY number"
            for (text,) in self._database.execute(query):
                job = Job(**json.loads(text))
                self.jobs[job.id] = job
        except BaseException:
            self._database.close()
            raise
        self._next = max((job.number for job in self.jobs.values()), default=0) + 1
        self._forget_oldest()

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

    def close(self) -> None:
        """Write what is unwritten, if that is possible, and let go of the file."""
        self.flush()
        self._database.close()
        self._lock.release()

    def add(self, job: Job) -> None:
        """Write down a new job; only then does it count as accepted.

        Raises:
            Refusal: it cannot be written down.
        """
        job.number = self._next
        try:
            self._write([job])
        except sqlite3.Error as error:
            raise Refusal(
                "disk_full", f"The journal {self.path} cannot be written: {error}."
            ) from error
        self._next += 1
        self.jobs[job.id] = job
        self._forget_oldest()

    def save(self, job: Job) -> bool:
        """Write down a known job's new state; False if that has to wait."""
        self._unwritten[job.id] = job
        return self.flush()

    def flush(self) -> bool:
        """Write down what is unwritten; False if that is not possible yet."""
        if not self._unwritten:
            return True
        try:
            self._write(self._unwritten.values())
        except sqlite3.Error:
            return False
        self._unwritten.clear()
        return True

    def unended(self) -> Iterator[Job]:
        """The jobs that still have to be seen to, in the order of submission."""
        return (job for job in self.jobs.values() if not job.ended)

    def _write(self, jobs: Iterable[Job]) -> None:
        rows = []
        for job in jobs:
            text = json.dumps({name: getattr(job, name) for name in _STORED})
            rows.append((job.id, job.number, job.state, time.time(), text))
        self._change("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?)", rows)

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

    def forget(self, jobs: Sequence[Job]) -> None:
        """Delete jobs that have ended, if the disk allows."""
        try:
            self._change("DELETE FROM jobs WHERE id = ?", [(job.id,) for job in jobs])
        except sqlite3.Error:
            return
        for job in jobs:
            del self.jobs[job.id]
            self._unwritten.pop(job.id, None)

    def _forget_oldest(self) -> None:
        # Only at 10 % too many: one by one, each new job would cost another write to the disk.
        if self._kept is None or len(self.jobs) <= self._kept * 1.1:
            return
        ended = [job for job in self.jobs.values() if job.ended]
        self.forget(ended[: max(len(ended) - self._kept, 0)])


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
