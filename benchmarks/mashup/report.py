"""From results to tables in Markdown, and to JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from benchmarks.mashup import rows
from benchmarks.mashup.bars import MOST_SECONDS, over, verdicts
from benchmarks.mashup.duration import Taken
from benchmarks.mashup.judge import Result
from benchmarks.mashup.pairs import JUDGED

MEETS = ("beat ms", "beats", "bars", "key")
SOUNDS = ("distance", "leak", "clash", "lead", "leak, all", "filled", "SI-SDR", "rough")
LAGS = ("lag of A", "lag of B")


def text(results: Sequence[Result], taken: Taken | None) -> str:
    """All tables."""
    families = list(dict.fromkeys(it.family for it in results))
    parts = [_family(family, [it for it in results if it.family == family]) for family in families]
    gains = [_gains(results, families)] if any(it.row in rows.SIMPLE for it in results) else []
    tables = [*parts, *gains, _drums(results), _bars(results, taken)]
    return "\n\n".join(tables)


def described(results: Sequence[Result], taken: Taken | None) -> dict[str, object]:
    """Every figure of every output, and whether the bars are reached, for JSON."""
    return {
        "results": [asdict(it) for it in results],
        "bars": [asdict(it) for it in verdicts(results)],
        "seconds": taken._asdict() if taken else None,
    }


def _family(name: str, results: Sequence[Result]) -> str:
    """A line for each row: the means over a family's pairs."""
    count = len({it.number for it in results})
    columns = (*MEETS, *SOUNDS, *LAGS)
    lines = [f"### {name}, {count} pairs", ""]
    lines += [f"| | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for row in dict.fromkeys(it.row for it in results):
        of_row = [it for it in results if it.row == row]
        cells = [_shown(over(of_row, it)) for it in columns]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _gains(results: Sequence[Result], families: Sequence[str]) -> str:
    """How much nearer Restyle is than the simple row that is nearest in each family."""
    lines = ["### What the mask gains", ""]
    lines += ["| | nearest simple row | its distance | Restyle's | leak, dB | Restyle's |"]
    lines += ["|---|---|---|---|---|---|"]
    for family in families:
        of_family = [it for it in results if it.family == family]
        by_row = {row: [it for it in of_family if it.row == row] for row in rows.SIMPLE}
        best = min(by_row, key=lambda row: over(by_row[row], "distance"))
        mine = [it for it in of_family if it.row == rows.RESTYLE]
        cells = [over(it, name) for name in ("distance", "leak") for it in (by_row[best], mine)]
        lines.append(f"| {family} | {best} | {' | '.join(map(_shown, cells))} |")
    return "\n".join(lines)


def _drums(results: Sequence[Result]) -> str:
    """Restyle's figures of the pairs that are judged, by whether both songs have drums."""
    columns = (*MEETS, *SOUNDS[:4])
    lines = ["### Restyle, by drums", "", f"| | pairs | {' | '.join(columns)} |"]
    lines.append("|---|---|" + "---|" * len(columns))
    mine = [it for it in results if it.row == rows.RESTYLE and it.family in JUDGED]
    for drums, name in ((True, "both have drums"), (False, "one has none, or neither")):
        those = [it for it in mine if it.drums == drums]
        cells = [_shown(over(those, it)) for it in columns]
        lines.append(f"| {name} | {len(those)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _bars(results: Sequence[Result], taken: Taken | None) -> str:
    lines = ["### Bars", "", "| | pairs | bar | reached | |", "|---|---|---|---|---|"]
    for it in verdicts(results):
        word = "yes" if it.reached else "**no**"
        lines.append(f"| {it.name} | {it.family} | {it.wanted:g} | {_shown(it.found)} | {word} |")
    if taken:
        word = "yes" if taken.wall <= MOST_SECONDS else "**no**"
        lines.append(
            f"| 60 s of stereo, both songs new, s | recordings | {MOST_SECONDS:g} "
            f"| {taken.wall:.1f} ({taken.processor:.1f} of processor) | {word} |"
        )
    return "\n".join(lines)


def _shown(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"
