"""Jobs, uploads and keys as they are written down."""

from __future__ import annotations

from typing import Any

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Delivery, Key, Records, Row, Upload, Usage

OWNER = "key_0123456789ab"


def owned(id: str, owner: str = OWNER, number: int = 1, **more: Any) -> Job:
    """A job that came over HTTP."""
    inputs = {"stem": f"uploads/{id}.wav", "style": "uploads/style.wav"}
    output = f"jobs/{id}.flac"
    return Job(id, "digest", "restyle", inputs, output, owner=owner, number=number, **more)


def upload(id: str, owner: str = OWNER, used: float = 0.0, **more: Any) -> Upload:
    """An upload that `owned` of the same id reads."""
    key = f"uploads/{id}.wav"
    return Upload(id, owner, "my stem.wav", key, 1000, "d", 2.5, 44100, 2, 0.0, used, **more)


def api_key(id: str, name: str, **more: Any) -> Key:
    """A key with a quota."""
    limits = (600.0, 60, 60.0, 4, 100)
    return Key(id, name, "digest of " + id, *limits, customer="", created=1.0, **more)


def usage(id: str, owner: str = OWNER, seconds: float = 10.0, ended: float = 5.0) -> Usage:
    """A job that was done."""
    return Usage(id, owner, "restyle", seconds, 1.5, 2000, ended)


def delivery(id: str, due: float = 0.0) -> Delivery:
    """A message that is owed."""
    return Delivery(id, OWNER, "https://example.com/hook", "{}", 0, due)


def add(records: Records, *jobs: Job) -> None:
    """Write new jobs down."""
    written = records.write([Row(job, new=True) for job in jobs])
    assert not written.taken
