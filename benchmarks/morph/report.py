"""From results to tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.morph import naturalness
from benchmarks.morph.bars import BARS
from benchmarks.morph.judge import FIGURES, Result
from benchmarks.morph.naturalness import Embeddings

Ends = tuple[Embeddings, Embeddings]


def table(results: Sequence[Result], ends: Sequence[Ends]) -> str:
    """The figures as means over all pairs, a column for each row, with the bars beside.

    Args:
        results: of all rows and pairs.
        ends: embeddings of A and B of each pair, in the order of the results.
    """
    names = list(dict.fromkeys(it.row for it in results))
    count = len({it.pair for it in results})
    lines = [f"### Figures at the middle, {count} pairs", ""]
    lines += [f"| | bar | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for bar in BARS:
        cells = []
        for name in names:
            value = bar.of([it for it in results if it.row == name])
            cells.append(_shown(value, bar.digits, good=bar.reached(value)))
        lines.append(f"| {bar.name} | {bar.text} | {' | '.join(cells)} |")
    lines.append(_naturalness(results, ends, names))
    return "\n".join(lines)


def details(results: Sequence[Result]) -> str:
    """Every figure of every pair, a table for each row."""
    parts = []
    for name in dict.fromkeys(it.row for it in results):
        lines = [f"### {name}", "", f"| | {' | '.join(FIGURES)} |", "|---|" + "---|" * len(FIGURES)]
        lines += [pair_line(it) for it in results if it.row == name]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def pair_line(result: Result) -> str:
    """A pair's figures as a line of a table."""
    cells = (_shown(result.figures.get(it, np.nan), 2) for it in FIGURES)
    return f"| {result.pair} | {' | '.join(cells)} |"


def _naturalness(results: Sequence[Result], ends: Sequence[Ends], names: Sequence[str]) -> str:
    middles = {name: [it.middle for it in results if it.row == name] for name in names}
    found, among = naturalness.distances(middles, ends)
    cells = [_shown(it, 0, good=it <= among + 0.5) for it in found.values()]
    bar = f"{among:.0f} (originals among themselves)"
    return f"| kernel audio distance | {bar} | {' | '.join(cells)} |"


def _shown(value: float, digits: int, *, good: bool = True) -> str:
    """A figure; bold if it is not good enough."""
    if np.isnan(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text if good else f"**{text}**"
