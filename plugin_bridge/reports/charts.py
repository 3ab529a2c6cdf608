"""The charts of a comparison's page, as data: ``templates/chart.html`` makes SVG of them.

All positions are in the units of the SVG, which are pixels on a screen of medium size; x goes to
the right and y down, from the top left corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.engines.report import Report
from plugin_bridge.reports.pictures import LOWEST_HZ

# Chosen by eye, so that a chart is legible in a card of 23rem, and twice as large in a double one.
WIDTH, LEFT, TOP = 480, 36, 6
PICTURE_HEIGHT, CURVE_HEIGHT, SHARES_HEIGHT, UNDER = 170, 90, 36, 18
TICKS_HZ = (100, 300, 1000, 3000, 10_000)
TIME_STEPS_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
MOST_TIME_STEPS = 8  # so that the labels do not touch
#: A relative distance that counts as 0; it keeps the logarithmic scale finite. Not searched.
LEAST_DISTANCE = 1e-6
STYLE, CONTENT = 0, 1  # columns of a loss curve
SHARES = ("played", "blended", "kept")  # from the bottom to the top

LossCurves = Sequence[Sequence[tuple[float, float]]]
MeanCurve = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """The rectangle in which a chart draws."""

    x: int
    y: int
    width: int
    height: int

    @property
    def bottom(self) -> int:
        """The y of the lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Label:
    """A text; ``anchor`` says which point of it is at (``x``, ``y``): start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "end"


@dataclass(frozen=True)
class Image:
    """A picture file, drawn as high as the field and ``width`` wide."""

    file: str
    width: float


@dataclass(frozen=True)
class Rule:
    """A horizontal line across the field, with its label on the left."""

    y: float
    label: Label


@dataclass(frozen=True)
class Line:
    """A curve; its ``kind`` gives the colour, its ``points`` are as in SVG, "x,y x,y"."""

    kind: str
    points: str


@dataclass(frozen=True)
class Area:
    """A filled polygon; its ``kind`` gives the colour, its ``points`` are as those of a `Line`."""

    kind: str
    points: str


@dataclass(frozen=True)
class Bars:
    """Many bars ``width`` wide; ``kind`` gives the colour, ``path`` is as in SVG: "Mx yh…"."""

    kind: str
    path: str
    width: float


@dataclass(frozen=True)
class Chart:
    """What is drawn, in this order: image, areas, rules, bars, lines, labels.

    Attributes:
        title: what a screen reader says.
        field: the rectangle in which all but the labels is drawn.
        seconds: the length of its x, if that is time; else 0.
    """

    title: str
    field: Field
    image: Image | None = None
    areas: Sequence[Area] = ()
    rules: Sequence[Rule] = ()
    bars: Sequence[Bars] = ()
    lines: Sequence[Line] = ()
    labels: Sequence[Label] = ()
    seconds: float = 0.0

    @property
    def left(self) -> float:
        """Where its x begins, as a share of the width."""
        return self.field.x / self.width

    @property
    def under(self) -> float:
        """What is below its field, as a share of the height."""
        return 1 - self.field.bottom / self.height

    @property
    def width(self) -> int:
        """The width of the chart with its labels."""
        return WIDTH

    @property
    def height(self) -> int:
        """The height of the chart with its labels."""
        return self.field.bottom + UNDER


def spectrogram(
    file: str, name: str, *, seconds: float, shown_seconds: float, shown_hz: float
) -> Chart:
    """A picture with its axes.

    Args:
        file: the picture, as `plugin_bridge.reports.pictures.write_levels` wrote it.
        name: what it is a picture of.
        seconds: how long the sound lasts.
        shown_seconds: the length of the time axis.
        shown_hz: the end of the frequency axis, which is logarithmic and begins at `LOWEST_HZ`.
    """
    field = Field(LEFT, TOP, WIDTH - LEFT, PICTURE_HEIGHT)
    return Chart(
        f"Spectrogram: {name}",
        field,
        image=Image(file, field.width * min(seconds / shown_seconds, 1)),
        labels=[*_frequencies(field, shown_hz), *times(field, shown_seconds)],
        seconds=shown_seconds,
    )


def _frequencies(field: Field, highest_hz: float) -> list[Label]:
    labels = []
    for hz in TICKS_HZ:
        if LOWEST_HZ < hz < highest_hz:
            share = math.log(hz / LOWEST_HZ) / math.log(highest_hz / LOWEST_HZ)
            text = f"{hz // 1000}k" if hz >= 1000 else str(hz)
            labels.append(beside(field, field.bottom - field.height * share, text))
    return labels


def times(field: Field, seconds: float) -> list[Label]:
    """Labels below a field whose x is time from 0 to ``seconds``."""
    steps = (it for it in TIME_STEPS_SECONDS if seconds / it <= MOST_TIME_STEPS)
    step = next(steps, TIME_STEPS_SECONDS[-1])
    labels = []
    for n in range(int(seconds / step + 1e-9) + 1):
        x, unit = field.x + field.width * n * step / seconds, " s" if n == 0 else ""
        anchor = "start" if n == 0 else "end" if x > WIDTH - 12 else "middle"
        labels.append(_below(field, x, f"{n * step:g}{unit}", anchor))
    return labels


def shares(report: Report, *, shown_seconds: float) -> Chart:
    """What a sound is made of over time: played from below, blended above it, then kept.

    Args:
        report: of the call that made the sound.
        shown_seconds: the length of the time axis.
    """
    field = Field(LEFT, TOP, WIDTH - LEFT, SHARES_HEIGHT)
    stretches = report.stretches
    edges = [(it.start, it.end) for it in stretches]
    below = np.zeros(len(stretches))
    areas = []
    for kind in SHARES:
        above = below + [getattr(it, kind) for it in stretches]
        outline = [*_steps(field, edges, above, shown_seconds)]
        outline += reversed([*_steps(field, edges, below, shown_seconds)])
        areas.append(Area(kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)))
        below = above
    whole = ", ".join(f"{kind} {getattr(report, kind):.0%}" for kind in SHARES)
    ends = [beside(field, field.y + 4, "1"), beside(field, field.bottom - 4, "0")]
    labels = [*ends, *times(field, shown_seconds)]
    title = f"Shares over time: {whole}"
    return Chart(title, field, areas=areas, labels=labels, seconds=shown_seconds)


def _steps(
    field: Field,
    edges: Sequence[tuple[float, float]],
    heights: NDArray[np.float64],
    shown_seconds: float,
) -> Iterator[tuple[float, float]]:
    """The corners of a stair that is at each of ``heights``, 0 to 1, from edge to edge."""
    for (start, end), height in zip(edges, heights, strict=True):
        y = field.bottom - field.height * min(max(float(height), 0), 1)
        for seconds in (start, end):
            yield field.x + field.width * min(seconds / shown_seconds, 1), y


def distances(all_curves: Iterable[LossCurves]) -> tuple[float, float]:
    """The least and the greatest distance to be drawn, the same for all results.

    The distance to the content begins at 0, which a logarithmic scale does not have. So only its
    end counts, and its curve comes in from below.
    """
    means = [curve for curves in all_curves if len(curve := _mean(curves))]
    found = [value for curve in means for value in (*curve[:, STYLE], curve[-1, CONTENT])]
    positive = [value for value in found if 0 < value < math.inf]
    if not positive:
        return LEAST_DISTANCE, 1.0
    low = max(LEAST_DISTANCE, 0.5 * min(positive))
    return low, max(1.5 * max(positive), 2 * low)


def loss(curves: LossCurves, low: float, high: float) -> Chart | None:
    """The distances while optimising, between ``low`` and ``high``, on a logarithmic scale.

    Args:
        curves: per window of the stem, per evaluation, the (style, content) distance. Their mean
            over the windows is drawn.
        low: the least distance to be drawn.
        high: the greatest.

    Returns:
        None if there was nothing to optimise.
    """
    curve = _mean(curves)
    if not len(curve):
        return None
    field = Field(LEFT, TOP, WIDTH - LEFT, CURVE_HEIGHT)

    def y(value: float) -> float:
        share = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return field.bottom - field.height * share

    kinds = ((STYLE, "style"), (CONTENT, "content"))
    ends = (f"{kind} {curve[0, it]:.2g} to {curve[-1, it]:.2g}" for it, kind in kinds)
    return Chart(
        f"Distance while optimising: {', '.join(ends)}",
        field,
        rules=_powers_of_ten(field, low, high, y),
        lines=[Line(kind, _points(field, [y(it) for it in curve[:, n]])) for n, kind in kinds],
        labels=[
            _below(field, LEFT, "1", "start"),
            _below(field, WIDTH, f"evaluation {len(curve)}", "end"),
        ],
    )


def _powers_of_ten(
    field: Field, low: float, high: float, y: Callable[[float], float]
) -> list[Rule]:
    rules = []
    for exponent in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1):
        value = 10.0**exponent
        text = f"{value:g}" if exponent >= -3 else f"1e−{-exponent}"
        rules.append(Rule(y(value), beside(field, y(value), text)))
    return rules


def _points(field: Field, ys: Sequence[float]) -> str:
    """A curve that spans the field, one point for each y."""
    xs = field.x + field.width * np.arange(len(ys)) / max(len(ys) - 1, 1)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


def beside(field: Field, y: float, text: str) -> Label:
    """A label on the left of the field, its middle at ``y``."""
    return Label(field.x - 5, y + 4, text)


def _below(field: Field, x: float, text: str, anchor: str) -> Label:
    return Label(x, field.bottom + 14, text, anchor)


def _mean(curves: LossCurves) -> MeanCurve:
    """The mean over all windows, (evaluations, 2); a window that has ended keeps its last value."""
    known = [np.asarray(curve, dtype=np.float64) for curve in curves if len(curve)]
    if not any(curve.any() for curve in known):
        return np.zeros((0, 2))
    longest = max(len(curve) for curve in known)
    mean: MeanCurve = np.mean(
        [np.pad(curve, ((0, longest - len(curve)), (0, 0)), "edge") for curve in known], axis=0
    )
    return np.nan_to_num(mean, nan=np.inf, posinf=np.inf)  # infinity is drawn at the top
