"""The report on the triplets: tables, the plot, and all figures for JSON."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from benchmarks.quality import judge, tables
from benchmarks.quality.cases import Section
from benchmarks.quality.triplets import Triplet


def triplets(
    options: Namespace, results: tables.Results, chosen: Sequence[Triplet]
) -> dict[str, object]:
    """Print the tables, draw the plot if it was asked for, and return all figures.

    Args:
        options: those of `benchmarks.quality.options`.
        results: what each row made of the triplets.
        chosen: the triplets.
    """
    known_targets = tables.share(results[tables.TARGET])
    title = (
        f"{len(chosen)} of the triplets to {options.half}, rendered from {options.soundfont.name}"
    )
    print(Section.of_ratios(title, results).text)
    if options.details:
        _details(results, chosen, counts=known_targets >= judge.ENOUGH)
    if options.plot:
        tables.plot(results, title, options.plot)
    baseline = results[tables.BASELINE]
    return {
        "judge_on_targets": known_targets,
        "triplets": [_described(it) for it in chosen],
        "rows": {name: tables.described(row, baseline) for name, row in results.items()},
    }


def _details(results: tables.Results, chosen: Sequence[Triplet], *, counts: bool) -> None:
    """Print tables of some of the triplets alone."""
    parts = {
        "mono": [it.seed for it in chosen if not it.poly],
        "poly": [it.seed for it in chosen if it.poly],
        "near": [it.seed for it in chosen if it.near],
        "far": [it.seed for it in chosen if not it.near],
    }
    for name, seeds in parts.items():
        if seeds:
            print(f"\n{name}, {len(seeds)} triplets\n")
            print(tables.table(tables.of_seeds(results, seeds), counts=counts))


def _described(triplet: Triplet) -> dict[str, object]:
    return {
        "seed": triplet.seed,
        "poly": triplet.poly,
        "near": triplet.near,
        "content": triplet.content.name,
        "style": triplet.style.name,
    }
