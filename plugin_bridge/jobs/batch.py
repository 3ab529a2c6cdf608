"""Restyle a folder of stems, as the jobs that the server runs, with a journal of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from effects.running.cores import cores
from plugin_bridge.errors import explain_job
from plugin_bridge.files.formats import FORMATS
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Lookers
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import remove_report
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import JobNews, News, Service
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers

if TYPE_CHECKING:
    from effects.running.progress import OnProgress

JOURNAL = ".restyle-batch.sqlite"
OPERATION = "restyle"


@dataclass(frozen=True)
class Summary:
    """How a batch ended.

    Attributes:
        done: stems restyled in this run.
        skipped: stems that were done before.
        failed: why the others failed, by stem.
        stopped: whether it was stopped before the end.
        advice: what to try with those done of which much was not played, by stem.
    """

    done: int
    skipped: int
    failed: Mapping[Path, str]
    stopped: bool = False
    advice: Mapping[Path, str] = field(default_factory=dict)


def batch(
    source: Path,
    target: Path,
    preset: str,
    settings: Mapping[str, Value] | None = None,
    *,
    workers: int = 0,
    scheduler: str | None = None,
    on_progress: OnProgress = lambda fraction, stage: None,
) -> Summary:
    """Restyle every sound file in ``source`` and its subfolders, to the same place in ``target``.

    Files that were done before, with the same preset and settings, are skipped, so that a batch
    that was stopped goes on where it was. SIGINT and SIGTERM stop it.

    Args:
        source: the folder of the stems.
        target: the folder of the results; it is made if it is missing.
        preset: the preset's name.
        settings: by name, see `plugin_bridge.jobs.operations.restyle`.
        workers: how many processes; 0 for as many as there are cores.
        scheduler: the address of a Dask scheduler, in place of processes here.
        on_progress: called as ``on_progress(fraction, stage)`` as it goes on.

    Raises:
        ValueError: a folder is missing, they are the same, ``source`` has no sound files, a setting
            is impossible, another batch is at work, or ``target`` has results of another preset or
            other settings.
    """
    checked = operations.find(OPERATION).check_all({"preset": preset, **(settings or {})})
    stems = _stems(source, target)
    target.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as open_things:
        journal = Journal(target / JOURNAL, kept=None)
        open_things.callback(journal.close)
        executor = (
            Cluster(scheduler) if scheduler else LocalWorkers(min(workers or cores(), len(stems)))
        )
        open_things.callback(executor.shutdown)
        roots = Roots([source, target], max_seconds=float("inf"))
        lookers = Lookers(roots)
        open_things.callback(lookers.shutdown)
        room = len(stems) + len(journal.jobs) + 1
        service = Service(journal, executor, lookers, max_queue=room)
        work = _Batch(service, roots, source, target, checked, on_progress)
        return asyncio.run(work.run(stems))


def _stems(source: Path, target: Path) -> list[Path]:
    """The stems to restyle. Raises ValueError if there are none, or the folders are wrong."""
    if not source.is_dir():
        raise ValueError(f"There is no folder {source}: name the folder of your stems.")
    if source.resolve() == target.resolve():
        raise ValueError("IN_DIR and OUT_DIR are the same folder: choose another for the results.")
    stems = list(find_stems(source, target))
    if not stems:
        raise ValueError(f"{source} holds no sound files: Restyle reads {', '.join(FORMATS)}.")
    return stems


def find_stems(source: Path, target: Path) -> list[Path]:
    """The sound files in ``source``, relative to it, in order, without those in ``target``."""
    excluded = target.resolve()
    found = []
    for folder, folders, files in os.walk(source):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if (here / f).resolve() != excluded)
        names = (n for n in files if Path(n).suffix.lower() in FORMATS and not n.startswith("."))
        found += [(here / name).relative_to(source) for name in sorted(names)]
    return sorted(found)


class _Batch:
    def __init__(
        self,
        service: Service,
        roots: Roots,
        source: Path,
        target: Path,
        settings: dict[str, Value],
        on_progress: OnProgress,
    ) -> None:
        self._service, self._roots = service, roots.roots
        self._source, self._target = source.resolve(), target.resolve()
        self._settings = settings
        self._on_progress = on_progress
        self._wanted: dict[str, Path] = {}
        self._removals: set[asyncio.Task[None]] = set()

    async def run(self, stems: list[Path]) -> Summary:
        self._check_journal()
        skipped, failed = 0, dict[Path, str]()

        async def work() -> None:
            nonlocal skipped
            skipped = await self._submit(stems, failed)
            self._service.watch(self._on_news)
            async with asyncio.TaskGroup() as tasks:
                jobs = tasks.create_task(self._service.run())
                await self._service.finish()
                jobs.cancel()

        stopped = await _unless_stopped(work())
        await asyncio.gather(*self._removals)
        jobs = [self._service.jobs[id] for id in self._wanted]
        failed.update({self._wanted[j.id]: j.error for j in jobs if j.state == "failed"})
        done = [job for job in jobs if job.state == "done"]
        advice = {self._wanted[job.id]: job.advice for job in done if job.advice}
        return Summary(len(done), skipped, failed, stopped, advice)

    def _check_journal(self) -> None:
        """Check that earlier results were made with the same preset and settings."""
        for job in self._service.jobs.values():
            if (job.operation, job.settings) != (OPERATION, self._settings):
                raise ValueError(
                    f"{self._target} has results of another preset or other settings: choose "
                    "another folder."
                )

    async def _submit(self, stems: list[Path], failed: dict[Path, str]) -> int:
        """Queue the stems that are not done. Returns how many are; notes why others cannot be."""
        skipped = 0
        for stem in stems:
            path, out = self._source / stem, self._target / stem
            # SQLite takes no text that UTF-8 cannot hold, which names of files may be.
            id = stem.as_posix().encode("utf-8", "backslashreplace").decode()
            try:
                about = await asyncio.to_thread(path.stat)
            except OSError as error:  # a link to nothing
                failed[stem] = explain_job(error)
                continue
            request = repr((about.st_size, about.st_mtime_ns))
            known = self._service.jobs.get(id)
            if known is not None and known.state == "done" and out.exists():
                if known.request == request:
                    skipped += 1
                else:
                    failed[stem] = f"{path} was changed since: remove {out} to restyle it again."
                continue
            try:
                await self._queue(id, request, path, out)
            except Refusal as refusal:
                failed[stem] = str(refusal)
                continue
            self._wanted[id] = stem
        return skipped

    async def _queue(self, id: str, request: str, path: Path, out: Path) -> None:
        """Have a stem done, or done again. Raises Refusal."""
        known = self._service.jobs.get(id)
        if known is not None and known.state in {"queued", "running"}:
            await self._service.renew(known, request)  # it is read only when its turn comes
        elif known is not None and known.ended:
            await self._service.forget(known)  # another try
        out.parent.mkdir(parents=True, exist_ok=True)
        inputs = {"stem": str(path)}
        await self._service.submit(id, request, OPERATION, inputs, str(out), self._settings)

    def _on_news(self, news: News) -> None:
        if not isinstance(news, JobNews):
            return
        if news.event == "done":  # the journal knows it
            removal = asyncio.to_thread(remove_report, Path(news.job.output), self._roots)
            self._removals.add(asyncio.create_task(removal))
        jobs = [self._service.jobs[id] for id in self._wanted]
        fraction = sum(1.0 if j.ended else j.progress for j in jobs) / max(len(jobs), 1)
        ended = sum(j.ended for j in jobs)
        self._on_progress(fraction, f"{ended} of {len(jobs)}")


async def _unless_stopped(work: Coroutine[None, None, None]) -> bool:
    """Do ``work`` until it is done or SIGINT or SIGTERM comes; returns whether one came."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    tasks = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        result, _ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(result, Exception):
        raise result
    return stop.is_set()
