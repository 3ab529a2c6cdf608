"""What a webhook is told of a job that has ended, and how clients are told of times."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from plugin_bridge.jobs.job import Job


def message(job: Job) -> str:
    """The message, in the form that Standard Webhooks recommend: type, timestamp, data."""
    data = {
        "id": job.id,
        "operation": job.operation,
        "state": job.state,
        "name": job.name,
        "code": job.code,
        "error": job.error,
        "audio_seconds": job.audio_seconds,
        "bytes": job.bytes,
    }
    ended = moment(job.ended_at)
    return json.dumps({"type": f"job.{job.state}", "timestamp": ended, "data": data})


def moment(seconds: float) -> str:
    """Unix seconds as RFC 3339 writes them, in UTC and to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
