"""What a webhook is told of a job that has ended."""

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
    ended = datetime.fromtimestamp(job.ended_at, UTC).isoformat(timespec="milliseconds")
    ended = ended.replace("+00:00", "Z")
    return json.dumps({"type": f"job.{job.state}", "timestamp": ended, "data": data})
