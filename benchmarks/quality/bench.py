"""The bench: all that it takes to judge what a system makes of a triplet.

    bench = Bench.open(folder, soundfont, other_soundfont)
    results = [bench.result(system, task) for task in bench.tasks("tune", 24)]

A system is a function from a `Task` to its output, mono at 44.1 kHz.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality import judge, tables, triplets
from benchmarks.quality.ears import Ears
from benchmarks.quality.figures import figures
from benchmarks.quality.sounds import SILENT, Studio, read
from benchmarks.quality.systems import Row, System, Task
from effects.signal.arrays import Mono


@dataclass(frozen=True)
class Bench:
    """What renders and what judges.

    Attributes:
        folder: keeps the renders.
        studio: plays the triplets.
        other: plays what teaches the judge, and the replay.
        ears: hear pitches.
        knows: names instruments.
    """

    folder: Path
    studio: Studio
    other: Studio
    ears: Ears
    knows: judge.Judge

    @classmethod
    def open(cls, folder: Path, soundfont: Path, other_soundfont: Path) -> Bench:
        """Set it up, and teach the judge: minutes at first, then what the folder keeps helps."""
        other = Studio(other_soundfont, folder)
        return cls(folder, Studio(soundfont, folder), other, Ears(), judge.train(other, folder))

    def tasks(self, half: str, count: int) -> list[Task]:
        """The first triplets of a half, rendered."""
        return [
            Task(
                triplet=it,
                content=self.studio.clip(it.content, it.notes),
                style=self.studio.clip(it.style, it.style_notes),
                target=self.studio.clip(it.style, it.notes),
            )
            for it in triplets.triplets(half, count)
        ]

    def result(self, system: System, task: Task) -> tables.Result:
        """What a system makes of a task, and how good it is."""
        output, seconds = timed(system, task)
        triplet = task.triplet
        if np.abs(output).max(initial=0) < SILENT:
            return tables.Result(triplet.seed, None, "", False, seconds)
        named = self.knows.name(output)
        found = figures(output, read(task.content), read(task.target), triplet.notes, self.ears)
        right = named == triplets.KIND_OF[triplet.style.name]
        return tables.Result(triplet.seed, found, named, right, seconds)

    def results(
        self, rows: Sequence[Row], tasks: Sequence[Task], say: Callable[[str], object] = str
    ) -> dict[str, list[tables.Result]]:
        """Of every row, its results in the order of the tasks; ``say`` is told what is at work."""
        found: dict[str, list[tables.Result]] = {row.name: [] for row in rows}
        for index, task in enumerate(tasks):
            known: dict[str, tables.Result] = {}
            for row in rows:
                key = row.same_as if row.same_as in known else row.name
                if key not in known:
                    say(f"triplet {index + 1} of {len(tasks)}: {row.name}")
                    known[key] = self.result(row.system, task)
                found[row.name].append(known[key])
        return found


def timed(system: System, task: Task) -> tuple[Mono, float]:
    """A system's output, and the seconds it took."""
    began = time.perf_counter()
    output = system(task)
    return output, time.perf_counter() - began
