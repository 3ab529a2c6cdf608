"""Records in memory, for what needs no database: `plugin_bridge.jobs.records.records.Records`."""

from __future__ import annotations

import dataclasses


class FakeRecords:
    """Keys, usage, uploads, ended jobs and deliveries, and how often each method was called."""

    name, shared = "memory", False

    def __init__(self, secret=bytes(range(32))):
        self._secret = secret
        self._keys, self.rows, self.jobs, self.uploads, self.deliveries = {}, [], {}, {}, {}
        self.calls = []

    def secret(self):
        self.calls.append("secret")
        return self._secret

    # Keys and usage

    def add_key(self, key):
        assert key.id not in self._keys
        self._keys[key.id] = key

    def keys(self):
        self.calls.append("keys")
        return list(self._keys.values())

    def replace_key(self, key):
        assert key.id in self._keys
        self._keys[key.id] = key

    def usage(self, *, since=0.0, until=None, owner=None):
        return [
            row
            for row in sorted(self.rows, key=lambda row: (row.ended, row.id))
            if since <= row.ended
            and (until is None or row.ended < until)
            and owner in (None, row.owner)
        ]

    def used_seconds(self, owner, since):
        return sum(row.audio_seconds for row in self.usage(since=since, owner=owner))

    # Jobs and uploads

    def find(self, id):
        return self.jobs.get(id)

    def ended_before(self, time, limit=100):
        found = [job for job in self.jobs.values() if job.ended and job.ended_at < time]
        return sorted(found, key=lambda job: job.ended_at)[:limit]

    def delete(self, ids):
        for id in ids:
            self.jobs.pop(id, None)

    def upload(self, id):
        return self.uploads.get(id)

    def unused_uploads(self, before, limit=100):
        found = [it for it in self.uploads.values() if it.used < before]
        return [it for it in found if not self.users_of(it.key)][:limit]

    def delete_uploads(self, ids):
        for id in ids:
            self.uploads.pop(id, None)

    def users_of(self, key):
        return sum(key in job.inputs.values() for job in self.jobs.values())

    # Webhooks

    def claim_deliveries(self, now, until, limit=20):
        due = [it for it in self.deliveries.values() if it.due <= now][:limit]
        for it in due:
            self.deliveries[it.id] = it._replace(due=until)
        return due

    def postpone_delivery(self, id, *, tries, due):
        self.deliveries[id] = self.deliveries[id]._replace(tries=tries, due=due)

    def delete_delivery(self, id):
        self.deliveries.pop(id, None)

    def close(self):
        self.calls.append("close")


class FakeService:
    """What asks and writes records for others; `trouble` is raised in place of an answer."""

    def __init__(self, records=None):
        self.records = records or FakeRecords()
        self.trouble = None

    async def ask(self, fn, *args):
        if self.trouble:
            raise self.trouble
        return fn(*args)

    write = ask


def changed(thing, **values):
    """A copy of a frozen dataclass with other values."""
    return dataclasses.replace(thing, **values)
