"""How much an owner may still ask for: jobs that wait, files, minutes of audio in a month."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple

from plugin_bridge.jobs.owner import Owner
from plugin_bridge.jobs.records.records import Records
from plugin_bridge.jobs.refusal import Refusal


class Spent(NamedTuple):
    """What an owner has asked for so far.

    Attributes:
        queued: jobs that wait.
        bytes: of uploads and results.
        audio_seconds: of this month's jobs that are done, and of all that have not ended.
    """

    queued: int
    bytes: int
    audio_seconds: float

    def with_another(self, audio_seconds: float) -> Spent:
        """The same, with a job more, which is being accepted."""
        return Spent(self.queued + 1, self.bytes, self.audio_seconds + audio_seconds)


def spent_by(records: Records, owner: Owner) -> Spent:
    """What the records say. Only what the owner's limits need is looked up."""
    owed = records.owed(owner.id)
    kept = records.bytes_of(owner.id) if owner.bytes else 0
    done = 0.0
    if owner.quota_seconds is not None:
        done = records.used_seconds(owner.id, month_begin(time.time()))
    return Spent(owed.queued, kept, done + owed.audio_seconds)


def check(owner: Owner, spent: Spent, audio_seconds: float) -> None:
    """Check that an owner may have another job of so much audio. Raises Refusal if not."""
    if owner.queued and spent.queued >= owner.queued:
        text = f"{owner.queued} of your jobs are waiting: send it again when some are done."
        raise Refusal("too_many_jobs", text)
    if owner.bytes and spent.bytes >= owner.bytes:
        text = f"Your files take {owner.bytes / 1e6:.0f} MB, which is all: delete some jobs."
        raise Refusal("no_room", text)
    quota = owner.quota_seconds
    if quota is not None and spent.audio_seconds + audio_seconds > quota:
        left = max(quota - spent.audio_seconds, 0.0)
        raise Refusal(
            "quota_exceeded",
            f"This takes {audio_seconds / 60:.2f} minutes of audio, and {left / 60:.2f} of this "
            f"month's {quota / 60:g} are left: wait for the next, or ask for more.",
        )


def month_begin(now: float) -> float:
    """When the calendar month of ``now`` began, in UTC; both in Unix seconds."""
    at = datetime.fromtimestamp(now, UTC)
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
