"""A picture of a map of pieces, for a text or a print."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from plugin_bridge.reports.latent_points import Point, groups, named, places, short
from plugin_bridge.reports.pictures import STYLE_SHEET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# All of this was chosen by eye. The first colours are those of Okabe and Ito, "Color Universal
# Design", 2008; no two groups have both colour and shape in common.
COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#f0e442",
    "#8c8c8c",
    "#882255",
    "#999933",
)
MARKERS = "os^Dv"
INCHES, DPI = 9.0, 130
MARGIN = 0.04  # of the map's width
BESIDE_POINTS = 6  # from a point to its name


def draw_map(file: Path | BinaryIO, points: Sequence[Point]) -> None:
    """Draw to a PNG file: a point for each piece, in its group's colour, named where there is room.

    Args:
        file: its path, written in place, or the open file.
        points: of the pieces.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    found = groups(points) or {"": range(len(points))}
    with rc_context(STYLE_SHEET), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a piece named in Chinese, say
        high = INCHES + (0.9 if len(found) > 1 else 0.3)
        figure = Figure(figsize=(INCHES, high), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set_title(
            f"{len(points)} piece{'' if len(points) == 1 else 's'}: the nearer, the more alike"
        )
        _draw_points(axes, points, found)
        _name_points(axes, points)
        axes.set_xlim(-MARGIN, 1 + MARGIN)
        axes.set_ylim(-MARGIN, 1 + MARGIN)
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color("#d0d0d0")
        if len(found) > 1:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=5, frameon=False)
        figure.savefig(file, format="png")


def _draw_points(axes: Axes, points: Sequence[Point], found: Mapping[str, Sequence[int]]) -> None:
    at = places(points)
    for number, (name, members) in enumerate(found.items()):
        axes.scatter(
            at[list(members), 0],
            at[list(members), 1],
            s=34,
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            edgecolors="white",
            linewidths=0.6,
            label=f"{name} ({len(members)})".replace("$", r"\$"),
        )


def _name_points(axes: Axes, points: Sequence[Point]) -> None:
    for it in named(points):
        point = points[it.index]
        axes.annotate(
            short(point.name),
            (point.x, point.y),
            xytext=(-BESIDE_POINTS if it.leftwards else BESIDE_POINTS, 0),
            textcoords="offset points",
            ha="right" if it.leftwards else "left",
            va="center",
            fontsize=7.5,
            color="#4a4a4a",
            parse_math=False,
        )
