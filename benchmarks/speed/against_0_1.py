"""Today's code beside version 0.1, in turns on the same machine: what has a bar, with the bar.

    python -m benchmarks.speed.against_0_1                # start, apply, preset: about 3 minutes
    python -m benchmarks.speed.against_0_1 --long         # all rows: about half an hour on 2 cores
    python -m benchmarks.speed.against_0_1 start at-once  # these rows

Version 0.1 is a commit of this repository, whose files are written into a temporary folder;
--against names another folder to compare with. Both versions run by the same interpreter, from
compiled files, with the styles of the presets in a cache of their own. No stem is heard twice by a
version, unless its row says so. Figures are medians. Processor times are those of all threads.

Let nothing else run meanwhile: version 0.1 suffers more from a busy machine, so that today's code
would look better than it is.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from benchmarks import script
from benchmarks.speed.calls import Request
from benchmarks.speed.stems import LOOP, PRESETS, STEMS, write
from benchmarks.speed.versions import ROOT, Process, Version, check_out, use_cores

VERSION_0_1 = "12095b8"  # the commit
SHORT, MEDIUM, LONG = 10.0, 180.0, 1200.0  # seconds
AT_ONCE = (2, 4)
ONCE = 1 + sum(AT_ONCE)  # stems for one measurement of calls at once


class Figure(NamedTuple):
    """One line of the table.

    Attributes:
        name: what was measured.
        unit: s, ms, GB, or nothing.
        old: the figure of version 0.1.
        new: today's.
        bar: what to reach, if anything: today's figure, or its ratio to 0.1's.
        of_old: whether the bar is a ratio.
    """

    name: str
    unit: str
    old: float
    new: float
    bar: float | None = None
    of_old: bool = False

    def __str__(self) -> str:
        ratio = self.new / self.old
        cells = [f"{value:.3g} {self.unit}".rstrip() for value in (self.old, self.new)]
        line = f"{self.name:62}{cells[0]:>9}{cells[1]:>9}{ratio:>7.2f}"
        if self.bar is None:
            return line
        bar = f"{self.bar:g} of it" if self.of_old else f"{self.bar:g} {self.unit}".rstrip()
        reached = (ratio if self.of_old else self.new) <= self.bar
        return f"{line}{bar:>12}  {'reached' if reached else 'MISSED'}"


class Bench:
    """Two versions, and the stems that both get.

    Args:
        old: version 0.1.
        new: today's.
        folder: for stems and results.
        scale: how long stems are, of what their rows say.
    """

    def __init__(self, old: Version, new: Version, folder: Path, scale: float = 1.0) -> None:
        self.old, self.new, self.folder, self.scale = old, new, folder, scale
        self._turns = count(0, ONCE)

    def warm(self) -> None:
        """Have both versions learn the styles."""
        for version in (self.old, self.new):
            with Process(version) as process:
                for preset in PRESETS:
                    process(Request(LOOP, 1.0, preset))

    def medians(
        self, runs: int, measure: Callable[[Version, int], Sequence[float]]
    ) -> list[tuple[float, float]]:
        """Of each figure that ``measure`` gives: its median for the old and for the new version.

        It is called with a version, and with the turn of the first stem that it may take.
        """
        found: dict[str, list[Sequence[float]]] = {"old": [], "new": []}
        for run in range(runs):
            turn = next(self._turns)
            for name in sorted(found, reverse=run % 2 == 0):
                version = self.old if name == "old" else self.new
                script.say(f"run {run + 1} of {runs}: {version.name}")
                found[name].append(measure(version, turn))
        olds, news = ([*map(statistics.median, zip(*it, strict=True))] for it in found.values())
        return list(zip(olds, news, strict=True))

    def write(self, clips: Sequence[str], seconds: float, turn: int) -> Path:
        """A stem in a file, 24 bits; the file of an earlier stem of that turn is replaced."""
        path = self.folder / "stems" / f"{turn}.wav"
        path.parent.mkdir(exist_ok=True)
        write(path, clips, seconds * self.scale, turn)
        return path

    def apply(self, version: Version, path: Path, preset: str) -> list[str]:
        """The command that restyles a stem."""
        out = path.with_suffix(".out.wav")
        out.unlink(missing_ok=True)  # --force would ask which of the two files is meant
        return version.restyle("apply", str(path), str(out), "--preset", preset)

    def request(self, clips: Sequence[str], preset: str, turn: int, at_once: int = 1) -> Request:
        """A request for a short stem."""
        return Request(clips, SHORT * self.scale, preset, turn, at_once)


def seconds_of(version: Version, command: Sequence[str]) -> float:
    """How long a command takes, start-up included."""
    began = time.perf_counter()
    version.run(command)
    return time.perf_counter() - began


def start(bench: Bench, runs: int) -> Iterator[Figure]:
    """Commands that do little but start.

    The bars are 0.2 s and 0.12 s where version 0.1 takes 0.25 s and 0.19 s.
    """
    commands: dict[str, tuple[float | None, Callable[[Version], list[str]]]] = {
        "restyle --help": (0.8, lambda it: it.restyle("--help")),
        "import effects": (0.63, lambda it: it.python("import effects")),
        "from effects import StyleTransfer": (
            None,
            lambda it: it.python("from effects import StyleTransfer"),
        ),
    }

    def measure(
        command: Callable[[Version], list[str]], version: Version, turn: int
    ) -> list[float]:
        return [seconds_of(version, command(version))]

    for name, (bar, command) in commands.items():
        (pair,) = bench.medians(runs, partial(measure, command))
        yield Figure(name, "s", *pair, bar, of_old=True)


def apply(bench: Bench, runs: int) -> Iterator[Figure]:
    """``restyle apply``, whole processes: a new stem, and the same stem with another preset."""

    def measure(clips: Sequence[str], version: Version, turn: int) -> list[float]:
        path = bench.write(clips, SHORT, turn)
        return [seconds_of(version, bench.apply(version, path, it)) for it in PRESETS[:2]]

    for name, clips in STEMS.items():
        new, again = bench.medians(runs, partial(measure, clips))
        yield Figure(f"restyle apply, 10 s of {name}", "s", *new, 0.5, of_old=True)
        yield Figure(f"restyle apply, {name} again, another preset", "s", *again)


def preset(bench: Bench, runs: int) -> Iterator[Figure]:
    """The same in Python, where the effect stays."""
    with Process(bench.old) as old, Process(bench.new) as new:

        def measure(clips: Sequence[str], version: Version, turn: int) -> list[float]:
            process = old if version is bench.old else new
            return [process(bench.request(clips, it, turn)).seconds for it in PRESETS[:2]]

        for name, clips in STEMS.items():
            bench.medians(1, partial(measure, clips))  # warms up, with another stem
            first, again = bench.medians(runs, partial(measure, clips))
            yield Figure(f"in Python, 10 s of {name}", "s", *first)
            yield Figure(f"in Python, {name} again, another preset", "s", *again, 0.3, of_old=True)


def at_once(bench: Bench, runs: int) -> Iterator[Figure]:
    """The processor time of each of several calls at once, over that of one alone."""
    ways = {"commands": _commands, "processes": _processes, "threads of a process": _threads}

    def measure(
        way: Callable[[Bench, Version, int, int], float], version: Version, turn: int
    ) -> list[float]:
        alone = way(bench, version, turn, 1)
        starts = {2: turn + 1, 4: turn + 3}
        return [way(bench, version, starts[it], it) / alone for it in AT_ONCE]

    for name, way in ways.items():
        for number, pair in zip(AT_ONCE, bench.medians(runs, partial(measure, way)), strict=True):
            yield Figure(f"{number} {name} at once, CPU of each over one alone", "", *pair, 1.3)


def _commands(bench: Bench, version: Version, turn: int, number: int) -> float:
    paths = [bench.write(LOOP, SHORT, it) for it in range(turn, turn + number)]
    before = _children_cpu_seconds()
    version.run(*(bench.apply(version, it, PRESETS[0]) for it in paths))
    return (_children_cpu_seconds() - before) / number


def _children_cpu_seconds() -> float:
    """The processor time of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _processes(bench: Bench, version: Version, turn: int, number: int) -> float:
    with ExitStack() as stack:
        processes = [stack.enter_context(Process(version)) for _ in range(number)]
        for process in processes:
            process(Request(LOOP, 1.0, PRESETS[0]))  # warms up
        for place, process in enumerate(processes):
            process.ask(bench.request(LOOP, PRESETS[0], turn + place))
        return sum(it.answer().cpu_seconds for it in processes) / number


def _threads(bench: Bench, version: Version, turn: int, number: int) -> float:
    with Process(version) as process:
        process(Request(LOOP, 1.0, PRESETS[0]))  # warms up
        return process(bench.request(LOOP, PRESETS[0], turn, number)).cpu_seconds / number


def presets(bench: Bench, runs: int) -> Iterator[Figure]:
    """Five presets over one stem: one command, beside five of version 0.1."""

    def measure(version: Version, turn: int) -> list[float]:
        path = bench.write(LOOP, MEDIUM, turn)
        if version is bench.old:
            return [sum(seconds_of(version, bench.apply(version, path, it)) for it in PRESETS)]
        with tempfile.TemporaryDirectory(dir=bench.folder) as name:
            folder, out = Path(name, "in"), Path(name, "out")
            folder.mkdir()
            path.rename(folder / path.name)
            options = [option for it in PRESETS for option in ("--preset", it)]
            seconds = seconds_of(version, version.restyle("batch", str(folder), str(out), *options))
            made = len(list(out.rglob("*.wav")))
            if made != len(PRESETS):
                raise RuntimeError(f"batch with {len(PRESETS)} presets made {made} results")
        return [seconds]

    (pair,) = bench.medians(runs, measure)
    yield Figure("five presets over 3 min, one command beside five", "s", *pair, 0.35, of_old=True)


def long(bench: Bench, runs: int) -> Iterator[Figure]:
    """A long stem: time per second of it, and memory."""
    seconds = LONG * bench.scale

    def measure(version: Version, turn: int) -> list[float]:
        with Process(version) as process:
            process(Request(LOOP, 1.0, PRESETS[0]))  # warms up
            done = process(Request(LOOP, seconds, PRESETS[0], turn))
        each = 1000 / seconds
        return [done.seconds * each, done.cpu_seconds * each, done.gigabytes]

    wall, cpu, memory = bench.medians(runs, measure)
    yield Figure("one second of 20 min of stereo", "ms", *wall, 0.5, of_old=True)
    yield Figure("one second of 20 min of stereo, processor time", "ms", *cpu)
    yield Figure("peak memory, 20 min of stereo", "GB", *memory, 1.2)


#: Each row, how often it is run, and whether it is quick.
ROWS: dict[str, tuple[Callable[[Bench, int], Iterator[Figure]], int, bool]] = {
    "start": (start, 9, True),
    "apply": (apply, 5, True),
    "preset": (preset, 5, True),
    "at-once": (at_once, 1, False),
    "presets": (presets, 1, False),
    "long": (long, 1, False),
}


def main() -> None:
    """Measure the rows that are asked for, and print each figure as soon as it is there."""
    options = _options()
    script.announce(__doc__, "numpy", "scipy", "onnxruntime")
    load = os.getloadavg()[0]
    print(f"{use_cores(options.cores)} cores are used; load average before: {load:.1f}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = options.against
        if tree is None:
            tree = folder / "0.1"
            check_out(VERSION_0_1, tree)
        old = Version(tree.resolve().name, tree.resolve(), folder / "old")
        bench = Bench(old, Version("today", ROOT, folder / "new"), folder, options.scale)
        script.say("learning the styles")
        bench.warm()
        print(f"{'':62}{old.name[:8]:>9}{'today':>9}{'ratio':>7}{'bar':>12}")
        for row in options.rows or [it for it in ROWS if options.long or ROWS[it][2]]:
            measure, runs, _ = ROWS[row]
            script.say(row)
            try:
                for figure in measure(bench, options.runs or runs):
                    print(figure, flush=True)
            except RuntimeError as error:
                print(f"{row}: {error}", flush=True)


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", type=_row, help=f"of {', '.join(ROWS)}; the quick ones"
    )
    parser.add_argument("--long", action="store_true", help="also the rows that take minutes")
    parser.add_argument("--runs", type=script.count, help="of each row; its own number")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="another version; 0.1 (%(default)s)"
    )
    parser.add_argument("--cores", type=script.count, default=2, help="to use (%(default)s)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the stems' lengths, for a quick look"
    )
    return parser.parse_args()


def _row(name: str) -> str:
    if name not in ROWS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(ROWS)}")
    return name


if __name__ == "__main__":
    main()
