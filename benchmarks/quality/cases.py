"""Cases beside the triplets: clips with figures of their own, and the judge's verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.quality import judge, tables
from benchmarks.quality.sounds import SILENT, read
from benchmarks.quality.systems import Clips, Row
from effects.signal.arrays import Mono


@dataclass(frozen=True, kw_only=True)
class Case(Clips):
    """Two clips, and what should come of them.

    Attributes:
        seed: draws all of it.
        kind: of the style's instrument, as the judge calls it.
        target: a clip of what should come of them.
    """

    seed: int
    kind: str
    target: Path


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        text: of it, in Markdown.
        results: the outputs of every row.
    """

    text: str
    results: tables.Results

    @classmethod
    def of_means(
        cls, title: str, rows: tables.Results, columns: Sequence[str], *, counts: bool
    ) -> Section:
        """The means of figures; ``counts`` is whether the judge's verdict does."""
        return cls(f"{title}\n\n{tables.means(rows, columns, counts=counts)}", rows)

    @classmethod
    def of_ratios(cls, title: str, rows: tables.Results) -> Section:
        """The ratios to copying the content, and what the judge knows of the targets."""
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
    """What each system makes of each case; the target's row comes last.

    Args:
        rows: what makes the outputs; those that must be told more than the clips are left out.
        cases: what they get.
        measure: the figures of an output, which is not silent.
        knows: names the instrument.
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
            if np.abs(output).max(initial=0) < SILENT:
                row.append(tables.Result(case.seed, None, "", False, seconds))
                continue
            named = knows.name(output)
            figures = measure(output, case)
            row.append(tables.Result(case.seed, figures, named, named == case.kind, seconds))
    return found


def seeds(half: str, count: int) -> range:
    """The first ``count`` seeds of a half: even ones are for tuning, odd ones are reported."""
    first = ("tune", "report").index(half)
    return range(first, first + 2 * count, 2)
