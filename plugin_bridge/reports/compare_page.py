"""The page of a comparison: what it says, and its charts; ``templates/compare.html`` is its HTML.

It loads nothing from elsewhere, so it works from a folder, without a network, and can be put on any
web server as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plugin_bridge.reports import charts
from plugin_bridge.reports.comparison import KIND, Clip, Comparison, Result
from plugin_bridge.reports.figure_words import made_of, number
from plugin_bridge.reports.html import render
from plugin_bridge.reports.metrics import FIGURES, Figure
from plugin_bridge.reports.pictures import RANGE_DB

Words = dict[str, object]  # values for a template, by name

#: How far players are brought to the content's loudness, in dB. More would turn all others down
#: until they are hardly heard; not searched.
MOST_GAIN_DB = 12.0


def render_page(comparison: Comparison) -> str:
    """The page, in HTML, with links relative to it."""
    content = comparison.content
    results = comparison.results
    failed = f", of which {len(comparison.failed)} failed" if comparison.failed else ""
    scale = charts.distances(result.loss_curves for result in results)
    names = _list([clip.name for clip in comparison.styles])
    return render(
        "compare.html",
        generator=KIND.generator,
        title=f"{content.name} in the style of {names}",
        count=f"{len(results)} result{'s' if len(results) > 1 else ''}{failed}",
        engines=_list(list(dict.fromkeys(result.engine for result in results))),
        content=_clip(comparison, content),
        styles=[_section(comparison, style, scale) for style in comparison.styles],
        style_columns=sum(it.near == "style" for it in FIGURES),
        content_columns=sum(it.near == "content" for it in FIGURES),
        range_db=f"{RANGE_DB:g}",
        untrained=any("random weights" in result.label for result in results),
        figures=FIGURES,
        about=comparison,
        pending=_list(comparison.pending),
    )


def _section(comparison: Comparison, style: Clip, scale: tuple[float, float]) -> Words:
    """One style: what it sounds like, the figures of all engines, and their results."""
    numbered = [(n, it) for n, it in enumerate(comparison.results) if it.style == style.name]
    results = [it for _, it in numbered]
    best = {figure.name: _best(figure, results) for figure in FIGURES}
    return {
        "name": style.name,
        "clip": _clip(comparison, style),
        "untouched": [number(it, style.figures[it.name]) for it in FIGURES],
        "results": [_result(comparison, it, n, best, scale) for n, it in numbered],
    }


def _clip(comparison: Comparison, clip: Clip) -> Words:
    channels = {1: "mono", 2: "stereo"}.get(clip.channels, f"{clip.channels} channels")
    about = [f"{clip.seconds:.1f} s", f"{clip.sample_rate / 1000:g} kHz", channels, clip.credit]
    return {
        "name": clip.name,
        "about": ", ".join(it for it in about if it),
        "file": clip.file,
        "picture": _spectrogram(comparison, clip.picture, clip.name, clip.seconds),
    }


def _result(
    comparison: Comparison,
    result: Result,
    n: int,
    best: Mapping[str, float | None],
    scale: tuple[float, float],
) -> Words:
    """What an engine made, or why it made nothing."""
    options = ", ".join(f"{name}={value}" for name, value in result.options.items())
    mix = f", mix {result.mix:g}" if result.mix < 1 else ""
    known: Words = {
        "id": f"result-{n}",
        "name": f"{result.label}{' with ' if options else ''}{options}",
        "strength": f"{result.strength:g}",
        "settings": f"strength {result.strength:g}{mix}",
        "error": result.error,
    }
    if result.error:
        return known
    seconds, report = comparison.content.seconds, result.report
    return known | {
        "short": _short(comparison, result),
        "gain_db": f"{_gain_db(result):.1f}",
        "time": _duration(result.seconds or 0),
        "file": result.file,
        "clipped": result.clipped,
        "cells": [_cell(it, result.figures[it.name], best[it.name]) for it in FIGURES],
        "picture": _spectrogram(comparison, result.picture, result.label, seconds),
        "shares": charts.shares(report, shown_seconds=comparison.shown_seconds) if report else None,
        "made_of": made_of(report) if report else "",
        "curves": charts.loss(result.loss_curves, *scale),
    }


def _short(comparison: Comparison, result: Result) -> str:
    """What the switch calls a result: no more than what tells it from the others."""
    alike = [it for it in comparison.results if it.engine == result.engine]
    words = [result.engine]
    if len({it.label for it in alike}) > 1:
        words = [result.label]
    if len({it.strength for it in alike}) > 1:
        words.append(f"{result.strength:g}")
    if len(comparison.styles) > 1:
        words.append(result.style)
    return ", ".join(words)


def _gain_db(result: Result) -> float:
    """How much louder than the content it is, which its player takes back."""
    difference = result.figures["loudness"] or 0.0
    return min(max(difference, -MOST_GAIN_DB), MOST_GAIN_DB)


def _cell(figure: Figure, value: float | None, best: float | None) -> Words:
    """A cell of the table; the best of each column is marked."""
    is_best = value is not None and _size(figure, value) == best
    return {"number": number(figure, value), "is_best": is_best}


def _spectrogram(comparison: Comparison, picture: str, name: str, seconds: float) -> charts.Chart:
    return charts.spectrogram(
        picture,
        name,
        seconds=seconds,
        shown_seconds=comparison.shown_seconds,
        shown_hz=comparison.shown_hz,
    )


def _best(figure: Figure, results: Sequence[Result]) -> float | None:
    """The value nearest to 0, without its sign, as shown; None if there is no choice."""
    values = [it.figures[figure.name] for it in results if not it.error]
    known = {_size(figure, value) for value in values if value is not None}
    return min(known) if len(known) > 1 else None


def _size(figure: Figure, value: float) -> float:
    return abs(round(value, figure.digits))


def _duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _list(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
