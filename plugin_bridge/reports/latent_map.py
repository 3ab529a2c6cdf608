"""A page with a map of pieces, on which a click plays: near one another are those that are alike.

It loads nothing from elsewhere, so it works from a folder, without a network. Sounds are linked
where they are, relative to the page, unless they are to be in it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from plugin_bridge.files.whole_files import replacing
from plugin_bridge.reports import latent_map_picture
from plugin_bridge.reports.html import render
from plugin_bridge.reports.latent_points import Point, groups, named, nearest, short

SIZE, MARGIN = 1000, 40  # of the map and its edge, in units of the page's SVG
GENERATOR = "restyle latent map"
#: What browsers call the kinds of sound files.
KINDS = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
}
#: Shapes of points, as SVG writes paths, as large as a circle with a radius of 8.
SHAPES = (
    "M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0z",
    "M-7-7h14v14h-14z",
    "M0-10L9.5 6.5h-19z",
    "M0-10L10 0L0 10L-10 0z",
    "M0 10L9.5-6.5h-19z",
)


def write_map(path: Path, points: Sequence[Point], *, embed: bool = False) -> None:
    """Write the page, whole or not at all; or a picture without sound, if it is called ``.png``.

    Args:
        path: of the page. A page that is there is replaced.
        points: of the pieces.
        embed: whether their sounds are to be in the page, which is then larger than all of them.

    Raises:
        OSError: it cannot be written, or a sound not be read.
        ValueError: there are no points, or one is outside the map.
    """
    _check(points)
    if path.suffix.lower() == ".png":
        with replacing(path) as file:
            latent_map_picture.draw_map(file, points)
        return
    page = _render(path, points, embed=embed)
    with replacing(path) as file:
        file.write(page.encode())


def _check(points: Sequence[Point]) -> None:
    if not points:
        raise ValueError("A map needs at least one piece.")
    for it in points:
        if not (0 <= it.x <= 1 and 0 <= it.y <= 1):
            raise ValueError(f"{it.name} is not on the map: x and y must be from 0 to 1.")


def _render(path: Path, points: Sequence[Point], *, embed: bool) -> str:
    found = groups(points)
    colours = {n: number for number, name in enumerate(found) for n in found[name]}
    near = nearest(points)
    return render(
        "latent_map.html",
        generator=GENERATOR,
        version=version("restyle"),
        size=SIZE,
        points=[
            {"name": it.name, "x": _x(it), "y": _y(it), "group": colours.get(n, 0)}
            for n, it in enumerate(points)
        ],
        labels=[
            {
                "of": it.index,
                "text": short(points[it.index].name),
                "x": _x(points[it.index]) + (-14 if it.leftwards else 14),
                "y": _y(points[it.index]) + 6,
                "anchor": "end" if it.leftwards else "start",
            }
            for it in named(points)
        ],
        groups=[{"name": name, "count": len(found[name])} for name in found],
        colours=latent_map_picture.COLOURS,
        shapes=SHAPES,
        pieces=[
            {
                "name": it.name,
                "text": it.text if not it.group else f"{it.group}. {it.text}",
                "sound": _embedded(it.sound) if embed else _link(it.sound, path),
                "near": near[n],
            }
            for n, it in enumerate(points)
        ],
    )


def _x(point: Point) -> float:
    return round(MARGIN + (SIZE - 2 * MARGIN) * point.x, 1)


def _y(point: Point) -> float:
    return round(SIZE - MARGIN - (SIZE - 2 * MARGIN) * point.y, 1)


def _link(sound: Path, page: Path) -> str:
    """The sound's address, relative to the page if they are on one disk."""
    whole = sound.resolve()
    try:
        return quote(Path(os.path.relpath(whole, page.resolve().parent)).as_posix())
    except ValueError:  # Windows: on another drive
        return whole.as_uri()


def _embedded(sound: Path) -> str:
    kind = KINDS.get(sound.suffix.lower(), "audio/*")
    return f"data:{kind};base64,{base64.b64encode(sound.read_bytes()).decode()}"
