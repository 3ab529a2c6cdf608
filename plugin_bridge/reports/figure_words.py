"""Figures and reports in words, as the pages of `demo` and `compare` have them."""

from __future__ import annotations

from effects.engines.report import Report
from plugin_bridge.reports import charts
from plugin_bridge.reports.metrics import Figure


def number(figure: Figure, value: float | None) -> str:
    """The value of a figure, as many digits as it has; a dash if it is not defined."""
    if value is None:
        return "–"
    rounded = round(value, figure.digits) + 0.0  # no -0
    sign = "+" if figure.unit == "LU" and rounded > 0 else ""
    return f"{sign}{rounded:.{figure.digits}f}".replace("-", "−")


def made_of(report: Report) -> str:
    """What a result is made of, with the advice if there is some."""
    shares = ", ".join(f"{kind} {round(100 * getattr(report, kind))} %" for kind in charts.SHARES)
    counts = ((report.notes, "note"), (report.strokes, "stroke"))
    counted = "".join(f", {n} {name}{'' if n == 1 else 's'}" for n, name in counts if n)
    return f"{shares.capitalize()}{counted}.{f' {report.advice}' if report.advice else ''}"
