"""The tables of the records, and how jobs, uploads and keys are written into them.

SQLite and PostgreSQL both take these statements as they are. What clients may name is kept as JSON,
which escapes what PostgreSQL's texts cannot hold, and takes new fields without new columns; the
columns beside it are what the queries go by.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, fields, replace

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Delivery, Key, Upload, Usage

#: ``ended`` is 0 until a job has ended; ``wanted`` is 1 once it is to be cancelled; ``server`` is
#: which server has it, where there are several. Indexes end with what is only summed up: then
#: the tables need not be read for that.
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, number BIGINT NOT NULL, "
    "state TEXT NOT NULL, changed DOUBLE PRECISION NOT NULL, job TEXT NOT NULL, "
    "owner TEXT NOT NULL, server TEXT NOT NULL, ended DOUBLE PRECISION NOT NULL, "
    "audio_seconds DOUBLE PRECISION NOT NULL, bytes BIGINT NOT NULL, "
    "wanted INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, number)",
    "CREATE INDEX IF NOT EXISTS jobs_in_state ON jobs (owner, state, number)",
    "CREATE INDEX IF NOT EXISTS jobs_with_bytes ON jobs (owner, bytes) WHERE bytes > 0",
    "CREATE INDEX IF NOT EXISTS jobs_unended ON jobs (server) WHERE ended = 0",
    "CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (ended) WHERE ended > 0 AND owner <> ''",
    "CREATE TABLE IF NOT EXISTS uses (job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, "
    "key TEXT NOT NULL, PRIMARY KEY (job, key))",
    "CREATE INDEX IF NOT EXISTS uses_of_key ON uses (key)",
    "CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, owner TEXT NOT NULL, "
    "key TEXT NOT NULL, bytes BIGINT NOT NULL, used DOUBLE PRECISION NOT NULL, "
    "upload TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS uploads_of_owner ON uploads (owner, bytes)",
    "CREATE INDEX IF NOT EXISTS uploads_used ON uploads (used)",
    "CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, "
    "digest TEXT NOT NULL, quota_seconds DOUBLE PRECISION, rate_count INTEGER NOT NULL, "
    "rate_seconds DOUBLE PRECISION NOT NULL, running INTEGER NOT NULL, queued INTEGER NOT NULL, "
    "customer TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, "
    "revoked DOUBLE PRECISION NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS keys_named ON keys (name) WHERE revoked = 0",
    "CREATE TABLE IF NOT EXISTS usage (id TEXT PRIMARY KEY, owner TEXT NOT NULL, "
    "operation TEXT NOT NULL, audio_seconds DOUBLE PRECISION NOT NULL, "
    "work_seconds DOUBLE PRECISION NOT NULL, bytes BIGINT NOT NULL, "
    "ended DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS usage_of_owner ON usage (owner, ended, audio_seconds)",
    "CREATE INDEX IF NOT EXISTS usage_ended ON usage (ended)",
    "CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, owner TEXT NOT NULL, "
    "url TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL, "
    "due DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due)",
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

JOB_COLUMNS = (
    *("id", "number", "state", "changed", "job", "owner", "server", "ended", "audio_seconds"),
    "bytes",
)
UPLOAD_COLUMNS = ("id", "owner", "key", "bytes", "used", "upload")
KEY_COLUMNS = tuple(item.name for item in fields(Key))
USAGE_COLUMNS = Usage._fields
DELIVERY_COLUMNS = Delivery._fields

_STORED = [item.name for item in fields(Job) if item.name not in ("progress", "stage")]


def insert(table: str, columns: tuple[str, ...], *, unless_there: bool = True) -> str:
    """The statement that adds a row, which does nothing if there is one of that id."""
    end = " ON CONFLICT DO NOTHING" if unless_there else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(len(columns))}){end}"


def marks(count: int) -> str:
    """So many places for values in a statement."""
    return ", ".join("?" * count)


def job_row(job: Job, server: str) -> tuple[object, ...]:
    """A job as it is written down, by `JOB_COLUMNS`."""
    now = time.time()
    ended = (job.ended_at or now) if job.ended else 0.0
    text = json.dumps({name: getattr(job, name) for name in _STORED})
    about = (job.id, job.number, job.state, now, text, job.owner, server, ended)
    return (*about, job.audio_seconds, job.bytes)


def job_of(text: str) -> Job:
    """The job that was written down as ``text``."""
    return Job(**json.loads(text))


def upload_row(upload: Upload) -> tuple[object, ...]:
    """An upload as it is written down, by `UPLOAD_COLUMNS`."""
    text = json.dumps(asdict(upload))
    return (upload.id, upload.owner, upload.key, upload.bytes, upload.used, text)


def upload_of(text: str, used: float) -> Upload:
    """The upload that was written down as ``text`` and last used then."""
    return replace(Upload(**json.loads(text)), used=used)


def key_row(key: Key) -> tuple[object, ...]:
    """A key as it is written down, by `KEY_COLUMNS`."""
    return tuple(getattr(key, name) for name in KEY_COLUMNS)
