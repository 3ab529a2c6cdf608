"""Restyle a folder of stems in one or several styles, or by chains; or mash, morph or tweak each.

They are jobs such as the server runs, with a journal of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from effects.chains.plugins import ANYWHERE, PluginFolders
from effects.running.cores import cores
from plugin_bridge.errors import explain_job
from plugin_bridge.files.formats import FORMATS, check_quality
from plugin_bridge.files.stems import Stems, find_stems, passed_over
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.chain_rules import NO_PLUGINS_ON_DASK, ChainRules
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Lookers
from plugin_bridge.jobs.operations.chained import NAMED
from plugin_bridge.jobs.operations.operation import Operation, quality_of
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import remove_report
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import JobNews, News, Service
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers

if TYPE_CHECKING:
    from effects.running.progress import OnProgress

JOURNAL = ".restyle-batch.sqlite"

# What happens to workers is in the log of a server; a batch says in the end what failed, and why.
logging.getLogger("restyle.serve").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Summary:
    """How a batch ended.

    Attributes:
        done: files written in this run.
        skipped: those that were written before.
        failed: why the others failed, by their place in the folder of the results.
        stopped: whether it was stopped before the end.
        advice: what to try with those done of which much was not played, by the same.
        passed_over: files that are no sounds, or none that are written, in the folder of the stems.
    """

    done: int
    skipped: int
    failed: Mapping[Path, str]
    stopped: bool = False
    advice: Mapping[Path, str] = field(default_factory=dict)
    passed_over: Sequence[Path] = ()


def batch(
    source: Path,
    target: Path,
    presets: Sequence[str],
    settings: Mapping[str, Value] | None = None,
    *,
    chains: Mapping[str, str] | None = None,
    plugins: PluginFolders = ANYWHERE,
    operation: str = "restyle",
    other: Path | None = None,
    workers: int = 0,
    threads: int | None = None,
    scheduler: str | None = None,
    on_progress: OnProgress = lambda fraction, stage: None,
) -> Summary:
    """Restyle every sound file in ``source`` and its subfolders, to the same place in ``target``.

    With several presets or chains, each has a folder of its name in ``target``, and the same place
    in that.
    Other operations are done likewise; each has the time of the file, and takes ``other`` beside.

    Files that were done before, with the same presets and settings, are skipped, so that a batch
    that was stopped goes on where it was. SIGINT and SIGTERM stop it.

    Args:
        source: the folder of the stems.
        target: the folder of the results; it is made if it is missing.
        presets: the names of one or several; none for an operation that needs none, or with a clip
            or chains.
        settings: by name, see the operation in `plugin_bridge.jobs.operations`.
        chains: in place of presets, the texts of chains by their names; files that they name are
            named by their whole paths.
        plugins: where the plugins of chains are looked for.
        operation: what to do: ``"restyle"``, ``"mashup"``, ``"morph"`` or ``"tweak"``.
        other: the song whose lead is laid over each file, or the piece to go to from each, or the
            clip that plays each in place of a preset.
        workers: how many processes; 0 for as many as there are cores.
        threads: how many cores a job may use; None for an equal share.
        scheduler: the address of a Dask scheduler, in place of processes here.
        on_progress: called as ``on_progress(fraction, stage)`` as it goes on.

    Raises:
        ValueError: a folder is missing, they are the same, ``source`` has no sound files, a setting
            is impossible, no preset is named or one twice, or one and a clip, another batch is at
            work, or ``target`` has results of another preset or other settings.
    """
    stems = _stems(source, target, other)
    if other is not None and not other.is_file():
        raise ValueError(f"There is no file {other}: name the sound that goes with each stem.")
    real = None if other is None else other.resolve()
    rules = ChainRules(plugins, trusted=True, no_plugins=NO_PLUGINS_ON_DASK if scheduler else "")
    styles = _styles(presets, chains or {})
    works = _works(operation, styles, settings or {}, stems.sounds, real, rules)
    check_quality(stems.sounds, quality_of(works[0].settings))
    target.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as open_things:
        journal = Journal(target / JOURNAL, kept=None)
        open_things.callback(journal.close)
        count = min(workers or cores(), len(works))
        executor = Cluster(scheduler) if scheduler else LocalWorkers(count, quiet=bool(chains))
        open_things.callback(executor.shutdown)
        folders = [source, target, *([] if real is None else [real.parent])]
        roots = Roots(folders, max_seconds=float("inf"))
        lookers = Lookers(roots)
        open_things.callback(lookers.shutdown)
        room = len(works) + len(journal.jobs) + 1
        service = Service(journal, executor, lookers, max_queue=room, threads=threads, rules=rules)
        batch = _Batch(service, roots, source, target, works, on_progress)
        return replace(asyncio.run(batch.run()), passed_over=stems.others)


class _Work(NamedTuple):
    """What is to be done with one stem, in the sound of one preset or beside another sound.

    Attributes:
        operation: what is done.
        stem: relative to the folder of the stems.
        place: of the result, relative to the folder of the results.
        settings: of the job.
        other: the other sound of the job; None if there is none.
    """

    operation: str
    stem: Path
    place: Path
    settings: dict[str, Value]
    other: Path | None

    def inputs(self, path: Path) -> dict[str, str]:
        """The files of the job; the stem is at ``path``, and the result has its time."""
        kind = operations.find(self.operation)
        own = kind.paced_by
        return {it: str(path if it == own else self.other) for it in _sounds(kind, self.other)}

    def request(self, path: Path) -> str:
        """What tells this work from that on other files. Raises OSError if one is not there."""
        files = [path] if self.other is None else [path, self.other]
        about = [it.stat() for it in files]
        states = [(it.st_size, it.st_mtime_ns) for it in about]
        return repr(states[0] if self.other is None else states)


def _styles(presets: Sequence[str], chains: Mapping[str, str]) -> dict[str, dict[str, Value]]:
    """What each of several styles sets, by its name. Raises ValueError if there cannot be such."""
    if presets and chains:
        raise ValueError("Presets and chains exclude each other: take them in turn.")
    if len(set(presets)) < len(presets):
        raise ValueError("Name each preset only once.")
    for name in chains:
        if name in ("", ".", "..") or not name.isprintable():
            raise ValueError(f"The chain {name!r} cannot name a folder: rename its file.")
    if chains:
        return {name: {"chain": f"{NAMED}{name}\n{text}"} for name, text in chains.items()}
    return {it: {"preset": it} for it in presets}


def _style_of(settings: Mapping[str, Value]) -> str:
    """The name of the preset or chain that a job has, as `_styles` has noted it."""
    first, _, _ = str(settings.get("chain", "")).partition("\n")
    return first.removeprefix(NAMED) or str(settings.get("preset"))


def _works(
    operation: str,
    styles: Mapping[str, Mapping[str, Value]],
    settings: Mapping[str, Value],
    stems: Sequence[Path],
    other: Path | None,
    rules: ChainRules,
) -> list[_Work]:
    """What is to be done, one style after the other, so that most jobs at once are of other stems.

    Raises:
        ValueError: a setting is impossible, or no preset is named where one is needed, or one
            beside a clip.
    """
    kind = operations.find(operation, rules)
    needed = bool(kind.instead_of) and not kind.own_style and other is None
    if needed and not styles:
        raise ValueError("Say which sound to take: --style CLIP, --preset NAME or --chain NAME.")
    works = []
    for name, style in styles.items() or [("", {})]:
        sounds = _sounds(kind, other)
        checked = kind.check_all({**style, **settings}, sounds)
        kind.check_inputs(sounds, checked)
        folder = Path(name if len(styles) > 1 else "")
        works += [_Work(operation, stem, folder / stem, checked, other) for stem in stems]
    return works


def _sounds(kind: Operation, other: Path | None) -> tuple[str, ...]:
    """The names of a job's files; of one that reads a single sound, the ``other`` is a clip."""
    beside = other is not None and len(kind.inputs) == 1
    return (*kind.inputs, *(kind.instead_of if beside else ()))


def _stems(source: Path, target: Path, other: Path | None) -> Stems:
    """The stems to work on, without ``other``, and what else there is.

    Raises:
        ValueError: there are none, or the folders are wrong.
    """
    if not source.is_dir():
        raise ValueError(f"There is no folder {source}: name the folder of your stems.")
    if source.resolve() == target.resolve():
        raise ValueError("IN_DIR and OUT_DIR are the same folder: choose another for the results.")
    own = None if other is None else other.resolve()
    found = find_stems(source, target, own)
    if not found.sounds:
        said = " ".join([f"Restyle takes {', '.join(FORMATS)}.", *passed_over(found.others)])
        raise ValueError(f"{source} holds no sound files: {said}")
    return found


class _Batch:
    def __init__(
        self,
        service: Service,
        roots: Roots,
        source: Path,
        target: Path,
        works: Sequence[_Work],
        on_progress: OnProgress,
    ) -> None:
        self._service, self._roots = service, roots.roots
        self._source, self._target = source.resolve(), target.resolve()
        self._works = works
        self._on_progress = on_progress
        self._wanted: dict[str, Path] = {}
        self._removals: set[asyncio.Task[None]] = set()

    async def run(self) -> Summary:
        self._check_journal()
        skipped, failed = 0, dict[Path, str]()

        async def work() -> None:
            nonlocal skipped
            skipped = await self._submit(failed)
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
        """Check that earlier results were made with these settings, and stand where these would.

        Those of one style have no folder of its name, so others cannot be added later.
        """
        first = self._works[0]
        for job in self._service.jobs.values():
            if not self._fits(job):
                what = "chain" if "chain" in first.settings else "preset"
                what = "sound" if first.other else what
                raise ValueError(
                    f"{self._target} has results of another {what} or other settings: choose "
                    "another folder."
                )

    def _fits(self, job: Job) -> bool:
        """Whether an earlier job made what this batch would, or the same in another style."""
        first = self._works[0]
        styles = {_style_of(it.settings): it.settings for it in self._works}
        name = _style_of(job.settings)
        wanted = styles.get(name)
        same = job.operation == first.operation and (
            _but_style(job.settings) == _but_style(first.settings)
            if wanted is None
            else job.settings == wanted
        )
        if len(first.place.parts) > len(first.stem.parts):  # there are several styles
            same = same and Path(job.output).is_relative_to(self._target / name)
        else:
            same = same and wanted is not None
        return same and (first.other is None or str(first.other) in job.inputs.values())

    async def _submit(self, failed: dict[Path, str]) -> int:
        """Queue what is not done. Returns how much is; notes why the rest cannot be."""
        skipped = 0
        for work in self._works:
            path, out = self._source / work.stem, self._target / work.place
            # SQLite takes no text that UTF-8 cannot hold, which names of files may be.
            id = work.place.as_posix().encode("utf-8", "backslashreplace").decode()
            try:
                request = await asyncio.to_thread(work.request, path)
            except OSError as error:  # a link to nothing
                failed[work.place] = explain_job(error)
                continue
            known = self._service.jobs.get(id)
            if known is not None and known.state == "done" and out.exists():
                if known.request == request:
                    skipped += 1
                else:
                    which = path if work.other is None else f"{path} or {work.other}"
                    again = f"remove {out} to {work.operation} it again."
                    failed[work.place] = f"{which} was changed since: {again}"
                continue
            try:
                await self._queue(id, request, path, out, work)
            except Refusal as refusal:
                failed[work.place] = str(refusal)
                continue
            self._wanted[id] = work.place
        return skipped

    async def _queue(self, id: str, request: str, path: Path, out: Path, work: _Work) -> None:
        """Have a stem done, or done again. Raises Refusal."""
        known = self._service.jobs.get(id)
        if known is not None and known.state in {"queued", "running"}:
            await self._service.renew(known, request)  # it is read only when its turn comes
        elif known is not None and known.ended:
            await self._service.forget(known)  # another try
        out.parent.mkdir(parents=True, exist_ok=True)
        given = work.operation, work.inputs(path), str(out), work.settings
        await self._service.submit(id, request, *given)

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


def _but_style(settings: Mapping[str, Value]) -> dict[str, Value]:
    """Settings without those that name a style."""
    return {name: it for name, it in settings.items() if name not in ("preset", "chain")}


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
