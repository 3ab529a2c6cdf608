"""From figures to tables, the trade-off plot, and what is written as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.figures import NAMES

DRAWS = 2000  # of the bootstrap; not searched
BASELINE, TARGET, PLAIN = "copy content", "the target itself", "closed form"


@dataclass(frozen=True)
class Result:
    """One output.

    Attributes:
        seed: of its triplet or case.
        figures: by name; None if the output is silent.
        named: the kind of instrument that the judge took it for.
        right: whether that is the style's.
        seconds: how long it took to make.
    """

    seed: int
    figures: Mapping[str, float] | None
    named: str
    right: bool
    seconds: float


Results = Mapping[str, Sequence[Result]]


def of_seeds(results: Results, seeds: Sequence[int]) -> Results:
    """The same rows for some of the triplets."""
    return {name: [it for it in row if it.seed in seeds] for name, row in results.items()}


def in_groups(results: Results, groups: Mapping[str, Collection[int]]) -> Results:
    """Each row, followed by one for each of ``groups``, which have the seeds of theirs."""
    found: dict[str, Sequence[Result]] = {}
    for name, row in results.items():
        found[name] = row
        for group, seeds in groups.items():
            found[f"{name}: {group}"] = [it for it in row if it.seed in seeds]
    return found


def ratio(row: Sequence[Result], baseline: Sequence[Result], name: str) -> float:
    """The mean of a figure over the mean of the baseline's, for the triplets that have both."""
    mine, theirs = _pairs(row, baseline, name)
    return _divided(mine.sum(), theirs.sum())


def margin(row: Sequence[Result], baseline: Sequence[Result], name: str) -> float:
    """Half the width of the ratio's 95 % interval, by a bootstrap over the triplets."""
    mine, theirs = _pairs(row, baseline, name)
    if not mine.size:
        return float("nan")
    drawn = np.random.default_rng(0).integers(0, mine.size, (DRAWS, mine.size))
    sums = zip(mine[drawn].sum(axis=1), theirs[drawn].sum(axis=1), strict=True)
    low, high = np.percentile([_divided(a, b) for a, b in sums], (2.5, 97.5))
    return float(high - low) / 2


def mean(row: Sequence[Result], name: str) -> float:
    """The mean of a figure over the outputs that are not silent."""
    return _mean([it.figures[name] for it in row if it.figures])


def share(row: Sequence[Result]) -> float:
    """How often the judge named the style's kind of instrument, 0 to 1."""
    return float(np.mean([it.right for it in row])) if row else float("nan")


def described(row: Sequence[Result], baseline: Sequence[Result]) -> dict[str, object]:
    """A row's ratios with their margins, and every output's figures, for JSON."""
    return {
        "ratio": {it: ratio(row, baseline, it) for it in NAMES},
        "margin": {it: margin(row, baseline, it) for it in NAMES},
        "instrument_named": share(row),
        "outputs": [asdict(it) for it in row],
    }


def table(results: Results, *, counts: bool) -> str:
    """Markdown: ratios to copying the content; ``counts``: whether to show the judge's verdict."""
    lines = [
        f"| | {' | '.join(NAMES)} | onset F | instrument named | loudness, LU | seconds |",
        "|---|" + "---|" * (len(NAMES) + 4),
    ]
    for name, row in results.items():
        cells = [shown(ratio(row, results[BASELINE], it)) for it in NAMES]
        cells.append(shown(mean(row, "onset F")))
        cells.append(f"{share(row):.2f}" if counts else "–")
        cells.append(f"{mean(row, 'loudness'):.1f}")
        cells.append(f"{_mean([it.seconds for it in row]):.1f}")
        lines.append(f"| {_labelled(name, row)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def means(results: Results, columns: Sequence[str], *, counts: bool) -> str:
    """Markdown: the figures' means; ``counts``: whether to show the judge's verdict."""
    lines = [
        f"| | {' | '.join(columns)} | instrument named | seconds |",
        "|---|" + "---|" * (len(columns) + 2),
    ]
    for name, row in results.items():
        cells = [shown(mean(row, it)) for it in columns]
        cells.append(f"{share(row):.2f}" if counts else "–")
        cells.append(f"{_mean([it.seconds for it in row]):.1f}")
        lines.append(f"| {_labelled(name, row)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _labelled(name: str, row: Sequence[Result]) -> str:
    silent = sum(it.figures is None for it in row)
    return f"{name} ({silent} silent)" if silent else name


def plot(results: Results, title: str, path: Path) -> None:
    """Draw the trade-off: the melody suffers to the right, the instrument is recognised upwards."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.add_subplot()
    dots: dict[tuple[float, float], list[str]] = {}
    for name, row in results.items():
        dots.setdefault((ratio(row, results[BASELINE], "pitch"), share(row)), []).append(name)
    plain = [dot for dot, names in dots.items() if names[0].startswith(PLAIN)]
    axes.plot([x for x, _ in plain], [y for _, y in plain], color="0.7", zorder=1)
    for index, (dot, names) in enumerate(sorted(dots.items())):
        axes.scatter(*dot, s=40, color=f"C{index % 10}", zorder=2)
        place = (6, 5) if index % 2 else (6, -12)
        axes.annotate("\n".join(names), dot, place, textcoords="offset points", fontsize=8)
    axes.axvline(1, color="0.85", zorder=0)
    axes.margins(x=0.2, y=0.08)
    axes.set_xlabel("pitch error, copying the content = 1 (less is better)")
    axes.set_ylabel("share of clips in which the style's instrument is named")
    axes.set_title(title, fontsize=10)
    figure.savefig(path, dpi=150)


def _pairs(
    row: Sequence[Result], baseline: Sequence[Result], name: str
) -> tuple[np.ndarray, np.ndarray]:
    both = [
        (mine.figures[name], theirs.figures[name])
        for mine, theirs in zip(row, baseline, strict=True)
        if mine.figures and theirs.figures
    ]
    pairs = np.array(both).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def shown(value: float) -> str:
    """A figure with two digits; a dash if there is none."""
    return "–" if np.isnan(value) else f"{value:.2f}"


def _divided(a: float, b: float) -> float:
    return float(a / b) if b else float("nan")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
