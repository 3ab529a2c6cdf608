"""The bars: what a mashup must reach, by defaults, on rendered pairs and on recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.mashup import rows
from benchmarks.mashup.judge import Result
from benchmarks.mashup.pairs import JUDGED, RECORDED


@dataclass(frozen=True)
class Bar:
    """What must be reached.

    Attributes:
        name: what is measured.
        figure: its name in `benchmarks.mashup.judge`.
        over: makes one number of those of all pairs.
        at_least: whether more is better.
        rendered: what rendered pairs must reach; None if there is no bar.
        recorded: what recordings must reach.
    """

    name: str
    figure: str
    over: Callable[[Sequence[float]], float]
    at_least: bool
    rendered: float | None
    recorded: float | None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _largest(values: Sequence[float]) -> float:
    return float(np.max(values))


def _mean_size(values: Sequence[float]) -> float:
    return float(np.mean(np.abs(values)))


BARS = (
    Bar("beats, largest median of a pair, ms", "beat ms", _largest, False, 20.0, None),
    Bar("beats within 70 ms", "beats", _mean, True, 0.95, 0.95),
    Bar("bars within 70 ms", "bars", _mean, True, 0.85, None),
    Bar("pitch set right", "key", _mean, True, 0.90, None),
    Bar("distance, plain sum = 1", "distance", _mean, False, 0.45, 0.90),
    Bar("leak, dB", "leak", _mean, False, -13.0, -5.0),
    Bar("clash", "clash", _mean, False, 0.20, None),
    Bar("lead against bed, off by dB", "lead", _mean_size, False, 3.0, 6.0),
)
#: Of a mashup of two new songs of a minute, in seconds on two cores.
MOST_SECONDS = 60.0


@dataclass(frozen=True)
class Verdict:
    """A bar and what was reached.

    Attributes:
        name: what is measured.
        family: ``"rendered"`` or ``"recordings"``.
        wanted: the bar.
        found: the figure; NaN if there is none.
        reached: whether it is as good as the bar.
    """

    name: str
    family: str
    wanted: float
    found: float
    reached: bool


def verdicts(results: Sequence[Result]) -> list[Verdict]:
    """Whether Restyle reaches the bars, of the kinds of pairs that there are."""
    mine = [it for it in results if it.row == rows.RESTYLE]
    kinds = {
        "rendered": [it for it in mine if it.family in JUDGED],
        "recordings": [it for it in mine if it.family == RECORDED],
    }
    found = []
    for bar in BARS:
        for kind, wanted in (("rendered", bar.rendered), ("recordings", bar.recorded)):
            if wanted is None or not kinds[kind]:
                continue
            value = over(kinds[kind], bar.figure, bar.over)
            reached = value >= wanted if bar.at_least else value <= wanted
            found.append(Verdict(bar.name, kind, wanted, value, bool(reached)))
    return found


def over(
    results: Sequence[Result], figure: str, how: Callable[[Sequence[float]], float] = _mean
) -> float:
    """One number of all results that have a figure; NaN if none has."""
    values = [it.figures[figure] for it in results if not np.isnan(it.figures.get(figure, np.nan))]
    return how(values) if values else float("nan")
