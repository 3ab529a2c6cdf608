"""From an older Restyle's journal to this one's: in one transaction, wholly or not at all.

``PRAGMA user_version`` says how the jobs in a file are written down. Up to version 2 there were
only jobs; their table is then made anew, with the columns that the queries go by.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.tables import JOB_COLUMNS, SCHEMA, insert, job_row

_TABLE_OF_2 = (
    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, number INTEGER, state TEXT, "
    "changed REAL, job TEXT)"
)
SECRET = "INSERT INTO meta (name, value) VALUES ('secret', ?) ON CONFLICT DO NOTHING"


class Newer(Exception):  # noqa: N818 - says what the journal is
    """The journal was written by a newer Restyle."""


def new_secret() -> str:
    """32 random bytes in hex, for `SECRET`: see `plugin_bridge.jobs.records.records.Records`."""
    return secrets.token_hex(32)


def version_of(database: sqlite3.Connection) -> int:
    """The version of a journal; 0 for an empty file, too. Raises `Newer`."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise Newer(f"version {version}, and this one knows {VERSION}")
    return int(version)


def migrate(database: sqlite3.Connection) -> None:
    """Bring an older journal, or a new and empty one, to this version, in an open transaction.

    Raises:
        sqlite3.Error, ValueError, TypeError, LookupError, AttributeError, RecursionError: it is no
            journal, or cannot be written.
    """
    version = version_of(database)
    database.execute(_TABLE_OF_2)
    rows = database.execute("SELECT job FROM jobs").fetchall()
    jobs = [_migrated(text, version) for (text,) in rows]
    database.execute("DROP TABLE jobs")
    for statement in SCHEMA:
        database.execute(statement)
    database.executemany(insert("jobs", JOB_COLUMNS), [job_row(job, "") for job in jobs])
    database.execute(SECRET, (new_secret(),))
    database.execute(f"PRAGMA user_version = {VERSION}")


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


def _add_times(job: dict[str, Any]) -> dict[str, Any]:
    """Bring a job from version 2, which knew no times and nothing of HTTP, to version 3."""
    return {
        **job,
        **{"names": {}, "created": 0.0, "started": 0.0, "ended_at": 0.0},
        **{"audio_seconds": 0.0, "bytes": 0, "digest": "", "webhook": "", "most_running": 0},
    }


def _migrated(text: str, version: int) -> Job:
    """A job from a journal of ``version``."""
    job = json.loads(text)
    for step in _MIGRATIONS[version:]:
        job = step(job)
    return Job(**job)


#: One for each version, from 0 on: each brings a job from its version to the next.
_MIGRATIONS: Sequence[Callable[[dict[str, Any]], dict[str, Any]]] = (
    _name_operation,
    _add_made_of,
    _add_times,
)
VERSION = len(_MIGRATIONS)
