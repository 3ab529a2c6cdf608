"""What is kept for how long: uploads that nobody uses, results, files that nobody knows.

Records go first, files after them. If this process dies in between, a file is left that no record
knows; it is found as an orphan at the next start, or a day later. The other way round there would
be a record that promises a file which is gone, and a job could still be sent that reads it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Protocol

from plugin_bridge.errors import one_line
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Records
from plugin_bridge.storage.files import DERIVED, Files, Stored

log = logging.getLogger("restyle.serve")

# Not searched.
SWEEP_SECONDS = 60.0  # from one look for what is too old to the next
ORPHANS_SECONDS = 86400.0  # from one look for orphans to the next
BATCH = 100  # records that are deleted, or files that are looked at, at once
# How old an orphan has to be: a file is kept before its record is written, and here the clock of
# storage counts. Several servers may have several clocks.
ORPHAN_SECONDS, SHARED_ORPHAN_SECONDS = 3600.0, 86400.0

OURS = ("uploads/", "jobs/")  # how keys begin whose files may be removed
_KEY = re.compile(r"(uploads|jobs)/([^/.]+)\.[^/]+", re.ASCII)


class Keeper(Protocol):
    """What is needed of `plugin_bridge.jobs.service.Service`."""

    @property
    def records(self) -> Records:
        """The database."""
        ...

    async def ask(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the records that reads, in a thread."""
        ...

    async def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the records that writes, in a thread."""
        ...


class Retention:
    """Deletes what is too old, as long as `run` is running.

    Everything waits for disks and networks in threads, a few things at a time.

    Args:
        service: its records say what there is.
        files: where the files are.
        uploads_hours: how long an upload is kept that no job names, or has named.
        results_days: how long a job and its result are kept after its end.
    """

    def __init__(
        self,
        service: Keeper,
        files: Files,
        *,
        uploads_hours: float = 24.0,
        results_days: float = 7.0,
    ) -> None:
        self._service, self._files = service, files
        self._upload_seconds = 3600 * uploads_hours
        self._result_seconds = 86400 * results_days

    async def run(self) -> None:
        """Delete what is too old until this is cancelled; what fails is tried again."""
        next_orphans = 0.0
        while True:
            try:
                await self.sweep()
                if time.monotonic() >= next_orphans:
                    await self.remove_orphans()
                    next_orphans = time.monotonic() + ORPHANS_SECONDS
            except OSError as error:  # the database or the storage does not answer just now
                log.warning("nothing can be deleted", extra={"error": one_line(error)})
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Delete the jobs and uploads that are too old by now. Raises OSError."""
        now, records = time.time(), self._service.records
        while jobs := await self._service.ask(
            records.ended_before, now - self._result_seconds, BATCH
        ):
            await self._delete_jobs(jobs)
        while uploads := await self._service.ask(
            records.unused_uploads, now - self._upload_seconds, BATCH
        ):
            await self._service.write(records.delete_uploads, [it.id for it in uploads])
            # A job that was sent in this very moment may read one of them.
            unread = [it.key for it in uploads if not await _is_known(self._service, it.key)]
            await _remove(self._files, unread)
            log.info("uploads expired", extra={"count": len(uploads)})

    async def _delete_jobs(self, jobs: Sequence[Job]) -> None:
        """Delete jobs, their results, and what they alone still read."""
        await self._service.write(self._service.records.delete, [job.id for job in jobs])
        await remove_files(self._service, self._files, jobs)
        log.info("results expired", extra={"count": len(jobs)})

    async def remove_orphans(self) -> None:
        """Remove the files that no record knows, unless they are young. Raises OSError."""
        age = SHARED_ORPHAN_SECONDS if self._service.records.shared else ORPHAN_SECONDS
        before, count = time.time() - age, 0
        async for batch in self._walk():
            old = [it.key for it in batch if it.changed < before and it.key.startswith(OURS)]
            orphans = [key for key in old if not await _is_known(self._service, _source(key))]
            await _remove(self._files, orphans)
            count += len(orphans)
        if count:
            log.info("orphans removed", extra={"count": count})

    async def _walk(self) -> AsyncIterator[list[Stored]]:
        """All files that are kept, some at a time."""
        files = self._files.walk()
        while batch := await asyncio.to_thread(lambda: list(islice(files, BATCH))):
            yield batch


async def remove_files(service: Keeper, files: Files, jobs: Sequence[Job]) -> None:
    """Remove the results of jobs that were deleted, and what they alone still read.

    What cannot be removed is left, and found later as an orphan.

    Raises:
        Unwritable: the database does not answer.
    """
    # An upload that was deleted while a job read it has left its file to the job.
    read = {key for job in jobs for key in job.inputs.values()}
    unread = [key for key in read if not await _is_known(service, key)]
    await _remove(files, [*(job.output for job in jobs), *unread])


async def _is_known(service: Keeper, key: str) -> bool:
    """Whether a record knows the file of that key."""
    found, records = _KEY.fullmatch(key), service.records
    if found is None:
        return False
    kind, id = found.groups()
    if kind == "jobs":
        job = await service.ask(records.find, id)
        return job is not None and job.output == key
    upload = await service.ask(records.upload, id)
    users: int = await service.ask(records.users_of, key)
    return (upload is not None and upload.key == key) or users > 0


async def _remove(files: Files, keys: Iterable[str]) -> None:
    """Remove files; those that cannot be are left, and found later as orphans."""

    def remove() -> list[OSError]:
        wrong = []
        for key in keys:
            try:
                files.remove(key)
            except OSError as error:
                wrong.append(error)
        return wrong

    if wrong := await asyncio.to_thread(remove):
        about = {"count": len(wrong), "error": one_line(wrong[0])}
        log.warning("files cannot be removed", extra=about)


def _source(key: str) -> str:
    """The key of the file that the file of ``key`` was made of; ``key`` itself if of none."""
    return next((key.removesuffix(it) for it in DERIVED if key.endswith(it)), key)
