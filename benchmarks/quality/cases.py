"""Cases beside the triplets: clips with figures of their own, and the judge's verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.quality import judge, tables
from benchmarks.quality.sounds import is_silent, read
from benchmarks.quality.systems import Clips, Row
from effects.signal.arrays import Mono


@dataclass(frozen=True, kw_only=True)
class Case(Clips):
    """Two clips, and what they should become.

    Attributes:
        seed: draws the case.
        kind: the style's kind of instrument, as the judge calls it.
        target: the file of what they should become.
    """

    seed: int
    kind: str
    target: Path


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        text: its title and table, in Markdown.
        results: of every row.
    """

    text: str
    results: tables.Results

    @classmethod
    def of_means(
        cls, title: str, rows: tables.Results, columns: Sequence[str], *, counts: bool
    ) -> Section:
        """The means of figures; ``counts``: whether to show the judge's verdict."""
        return cls(f"{title}\n\n{tables.means(rows, columns, counts=counts)}", rows)

    @classmethod
    def of_ratios(cls, title: str, rows: tables.Results) -> Section:
        """The ratios to copying the content, and how many targets the judge names."""
        known = tables.share(rows[tables.TARGET])
        counts = known >= judge.ENOUGH
        title = (
            f"{title}; the judge names {known:.2f} of the targets"
            f"{'' if counts else ': too few for its verdict to count'}."
        )
        return cls(f"{title}\n\n{tables.table(rows, counts=counts)}", rows)


AnyCase = TypeVar("AnyCase", bound=Case)


def results(
    rows: Sequence[Row],
    cases: Sequence[AnyCase],
    measure: Callable[[Mono, AnyCase], Mapping[str, float]],
    knows: judge.Judge,
) -> dict[str, list[tables.Result]]:
    """The results of each system for each case; the target's row comes last.

    Args:
        rows: the systems; those that need more than the clips are left out.
        cases: what they get.
        measure: the figures of an output that is not silent.
        knows: the judge.
    """
    names = {row.name for row in rows}
    systems: dict[str, Callable[[AnyCase], Mono]] = {
        row.name: row.untold for row in rows if row.untold and row.same_as not in names
    }
    systems[tables.TARGET] = lambda case: read(case.target)
    found: dict[str, list[tables.Result]] = {name: [] for name in systems}
    for case in cases:
        for name, row in found.items():
            began = time.perf_counter()
            output = systems[name](case)
            seconds = time.perf_counter() - began
            figures = None if is_silent(output) else measure(output, case)
            row.append(knows.result(output, figures, seconds, seed=case.seed, kind=case.kind))
    return found


def seeds(half: str, count: int) -> range:
    """The first ``count`` seeds of a half: even ones are for tuning, odd ones are reported."""
    first = ("tune", "report").index(half)
    return range(first, first + 2 * count, 2)
