"""``python -m tests.attack``: each attack for its share of the time, and its figures."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.progress import Progress

from support.attack import chains, datagrams, files, guided, jobs, load, paths, web
from support.disks import small_disk
from support.servers import serve, stem

SECOND_FILES = 350  # damaged files that one process reads in a second; for the length of the work
SECOND_CHAINS = 500
SECOND_JOBS = 4  # jobs that two workers do in a second
SECOND_DATAGRAMS = 20_000
SECOND_SWAPS = 60


def main() -> None:
    """Run the attacks that the command line names, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack",
        description="Attack Restyle, and print what it withstood; a failure ends it. Without WHAT, "
        "all is done but libraries, which compares what could decode sound files.",
    )
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of {', '.join(ATTACKS)}")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all of them (10)")
    parser.add_argument("--seed", type=int, default=0, help="draws what is done (0)")
    given = parser.parse_args()
    for name in given.what:
        if name not in ATTACKS:
            parser.error(f"there is no attack {name!r}: choose among {', '.join(ATTACKS)}")
    chosen = given.what or [name for name in ATTACKS if name != "libraries"]
    seconds = 60 * given.minutes / len(chosen)
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="restyle-attack-") as folder:
            ATTACKS[name](Path(folder), seconds, given.seed)


def _files(folder: Path, seconds: float, seed: int) -> None:
    _harvest(folder, seconds, seed, list(files.READERS))


def _libraries(folder: Path, seconds: float, seed: int) -> None:
    _harvest(folder, seconds, seed, list(files.LIBRARIES))


def _harvest(folder: Path, seconds: float, seed: int, readers: list[str]) -> None:
    count = max(int(seconds * SECOND_FILES / len(readers)), 100)
    first = random.Random(seed).randrange(1 << 40)
    for reader in readers:
        with Progress(transient=True) as bar:
            task = bar.add_task(reader, total=count)
            numbers = range(first, first + count)
            found = files.harvest(folder, reader, numbers, lambda b=bar, t=task: b.advance(t))
        _tell(f"{count} damaged files, {reader}", found)


def _chains(folder: Path, seconds: float, seed: int) -> None:
    from effects.chains.build import check

    for text in chains.GOOD:  # so that all is imported that is needed
        check(chains.parse(text))
    count = max(int(seconds * SECOND_CHAINS), 100)
    first = random.Random(seed).randrange(1 << 40)
    with Progress(transient=True) as bar:
        task = bar.add_task("chains", total=count)
        found = chains.harvest(range(first, first + count), check, lambda: bar.advance(task))
    _tell(f"{count} damaged chains", found)
    if found.wrong:
        raise AssertionError(found.wrong)


def _datagrams(folder: Path, seconds: float, seed: int) -> None:
    root = folder / "root"
    root.mkdir()
    stem(root / "in.wav", *jobs.SHORT)
    count = max(int(seconds * SECOND_DATAGRAMS / len(datagrams.FLOODS) / 2), 1000)
    with serve(root, "--workers", "1") as server:
        for kind in datagrams.FLOODS:
            for ports in (1, 200):
                answers = datagrams.flood(server.port, kind, count, ports=ports)
                _tell(f"{kind}, {ports} ports", answers)


def _jobs(folder: Path, seconds: float, seed: int) -> None:
    count = max(int(seconds * SECOND_JOBS), 20)
    root = folder / "root"
    root.mkdir()
    names = list(jobs.BLOWS)
    with ExitStack() as disks:
        disk = None
        try:
            disks.enter_context(small_disk(folder / "journal-disk", "8M"))
            disk = disks.enter_context(small_disk(folder / "disk", "8M"))
        except PermissionError as error:
            names = [name for name in names if "disk" not in name]
            print(f"without full disks: {error}")
        blows = [names[n % len(names)] for n in range(max(count // 50, len(names)))]
        with Progress(transient=True) as bar:
            task = bar.add_task("jobs", total=count)
            ledger = jobs.endure(
                root, count, blows, seed=seed, disk=disk, on_job=lambda: bar.advance(task)
            )
    _tell("jobs", ledger)


def _paths(folder: Path, seconds: float, seed: int) -> None:
    count = max(int(seconds * SECOND_SWAPS), 100)
    with Progress(transient=True) as bar:
        task = bar.add_task("swaps", total=count)
        outcome = paths.swap(folder, count, on_job=lambda done: bar.update(task, completed=done))
    _tell("paths", outcome)


def _load(folder: Path, seconds: float, seed: int) -> None:
    root = folder / "root"
    root.mkdir()
    with Progress(transient=True) as bar:
        task = bar.add_task("load", total=seconds)
        course = load.bear(root, seconds, lambda it: bar.update(task, completed=it.seconds))
    _tell("load", course)


def _web(folder: Path, seconds: float, seed: int) -> None:
    count = max(int(seconds * SECOND_JOBS), 20)
    with web.web(folder / "server", "--workers", "2") as server, Progress(transient=True) as bar:
        task = bar.add_task("jobs over HTTP", total=count)
        blows = max(count // 20, 4)
        ledger = web.endure(
            folder, [server], count, blows, seed=seed, on_job=lambda: bar.advance(task)
        )
    _tell("jobs over HTTP", ledger)


def _several(folder: Path, seconds: float, seed: int) -> None:
    count = max(int(seconds * SECOND_JOBS / 4), 20)  # those of a dead server wait for 10 s
    with Progress(transient=True) as bar:
        task = bar.add_task("two servers", total=count)
        ledger = web.several(
            folder, count, max(count // 10, 4), seed=seed, on_job=lambda: bar.advance(task)
        )
    _tell("two servers, PostgreSQL, a bucket, Dask", ledger)


def _parsers(folder: Path, seconds: float, seed: int) -> None:
    for target in guided.TARGETS:
        try:
            _tell(f"atheris, {target}", guided.hunt(target, int(seconds / len(guided.TARGETS)) + 1))
        except ModuleNotFoundError:
            print("without guided fuzzing of the parsers: pip install atheris")
            return


ATTACKS: dict[str, Callable[[Path, float, int], None]] = {
    "files": _files,
    "chains": _chains,
    "parsers": _parsers,
    "datagrams": _datagrams,
    "jobs": _jobs,
    "paths": _paths,
    "load": _load,
    "web": _web,
    "several": _several,
    "libraries": _libraries,
}


def _tell(what: str, figures: object) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what}: {figures}", flush=True)
