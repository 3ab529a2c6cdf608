"""Cases beside the triplets: clips with figures of their own, and the judge's verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.quality import judge, tables
from benchmarks.quality.sounds import is_silent, read
from benchmarks.quality.systems import Clips, Row
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument


@dataclass(frozen=True, kw_only=True)
class Item(Clips):
    """Two clips, and what the judge should hear.

    Attributes:
        seed: draws the item, or is a number of its own.
        kind: the style's kind of instrument, as the judge calls it.
        instrument: the style's, if systems may be told it.
    """

    seed: int
    kind: str
    instrument: Instrument | None = None


@dataclass(frozen=True, kw_only=True)
class Case(Item):
    """Two clips, and what they should become.

    Attributes:
        target: the file of that.
    """

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
    def of_groups(
        cls,
        title: str,
        rows: tables.Results,
        columns: Sequence[str],
        groups: Mapping[str, Collection[int]],
    ) -> Section:
        """The means of figures, of all cases and of ``groups``, which have the seeds of theirs."""
        means = tables.means(tables.in_groups(rows, groups), columns, counts=True)
        return cls(f"{title}\n\n{means}", rows)

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


AnyItem = TypeVar("AnyItem", bound=Item)


def results(
    rows: Sequence[Row],
    items: Sequence[AnyItem],
    measure: Callable[[Mono, AnyItem], Mapping[str, float]],
    knows: judge.Judge,
    hear: Callable[[str, AnyItem, Mono, tables.Result], None] | None = None,
) -> dict[str, list[tables.Result]]:
    """The results of each system for each item; of cases, the target's row comes last.

    Args:
        rows: the systems; those that need more than the items have are left out.
        items: what they get, all of them cases or none.
        measure: the figures of an output that is not silent.
        knows: the judge.
        hear: is given each output, with its row's name, its item and its result.
    """
    systems = _systems(rows, items)
    found: dict[str, list[tables.Result]] = {name: [] for name in systems}
    for item in items:
        for name, row in found.items():
            began = time.perf_counter()
            output = systems[name](item)
            seconds = time.perf_counter() - began
            figures = None if is_silent(output) else measure(output, item)
            result = knows.result(output, figures, seconds, seed=item.seed, kind=item.kind)
            row.append(result)
            if hear:
                hear(name, item, output, result)
    return found


def _systems(rows: Sequence[Row], items: Sequence[AnyItem]) -> dict[str, Callable[[AnyItem], Mono]]:
    """What makes the outputs of each row, by its name."""
    names = {row.name for row in rows}
    may_tell = all(it.instrument for it in items)
    systems: dict[str, Callable[[AnyItem], Mono]] = {
        row.name: make
        for row in rows
        if (make := row.untold or (row.told if may_tell else None)) and row.same_as not in names
    }
    if all(isinstance(it, Case) for it in items):
        systems[tables.TARGET] = _target
    return systems


def _target(item: Item) -> Mono:
    assert isinstance(item, Case)
    return read(item.target)


def seeds(half: str, count: int) -> range:
    """The first ``count`` seeds of a half: even ones are for tuning, odd ones are reported."""
    first = ("tune", "report").index(half)
    return range(first, first + 2 * count, 2)
