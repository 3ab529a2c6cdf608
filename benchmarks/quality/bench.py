"""The bench: all that is needed to judge what a system makes of a triplet.

    bench = Bench.open(folder, soundfont, other_soundfont)
    results = [bench.result(system, task) for task in bench.tasks("tune", 24)]

A system is a function from a `Task` to its output, mono at 44.1 kHz.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality import judge, tables, triplets
from benchmarks.quality.ears import Ears
from benchmarks.quality.figures import figures
from benchmarks.quality.sounds import Studio, is_silent, read
from benchmarks.quality.systems import Row, System, Task
from benchmarks.quality.triplets import Triplet
from effects.signal.arrays import Mono


@dataclass(frozen=True)
class Bench:
    """What renders and what judges.

    Attributes:
        folder: where renders are kept.
        studio: plays the triplets.
        other: plays the judge's lessons, and the replay.
        ears: hear pitches.
        knows: the judge, who names instruments.
    """

    folder: Path
    studio: Studio
    other: Studio
    ears: Ears
    knows: judge.Judge

    @classmethod
    def open(cls, folder: Path, soundfont: Path, other_soundfont: Path) -> Bench:
        """Set up the bench and teach the judge: minutes, unless ``folder`` keeps what it needs."""
        other = Studio(other_soundfont, folder)
        return cls(folder, Studio(soundfont, folder), other, Ears(), judge.train(other, folder))

    def tasks(
        self, half: str, count: int, contents: Sequence[str] = triplets.CONTENTS
    ) -> list[Task]:
        """The first triplets of a half, rendered; ``contents`` names what may play the content."""
        return [
            Task(
                triplet=it,
                content=self.studio.clip(it.content, it.notes),
                style=self.studio.clip(it.style, it.style_notes),
                target=self.studio.clip(it.style, it.notes),
            )
            for it in triplets.triplets(half, count, contents)
        ]

    def result(self, system: System, task: Task) -> tables.Result:
        """What a system makes of a task, and how good it is."""
        output, seconds = timed(system, task)
        content, target = read(task.content), read(task.target)
        return judged(task.triplet, output, content, target, seconds, self.ears, self.knows)

    def results(
        self, rows: Sequence[Row], tasks: Sequence[Task], say: Callable[[str], object] = str
    ) -> dict[str, list[tables.Result]]:
        """Each row's results in the order of the tasks; ``say`` is told what is at work."""
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


def judged(
    triplet: Triplet,
    output: Mono,
    content: Mono,
    target: Mono,
    seconds: float,
    ears: Ears,
    knows: judge.Judge,
) -> tables.Result:
    """The figures of what was made of a triplet, with the judge's verdict."""
    found = None if is_silent(output) else figures(output, content, target, triplet.notes, ears)
    kind = triplets.KIND_OF[triplet.style.name]
    return knows.result(output, found, seconds, seed=triplet.seed, kind=kind)


def timed(system: System, task: Task) -> tuple[Mono, float]:
    """A system's output, and the seconds it took."""
    began = time.perf_counter()
    output = system(task)
    return output, time.perf_counter() - began
