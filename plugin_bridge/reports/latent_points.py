"""Pieces on a map: which belong together, which are near, and whose names have room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEAREST = 5  # neighbours that are named
MOST_GROUPS = 10  # that have a colour and a shape of their own; GTZAN has as many genres
OTHERS = "others"
# By eye, in shares of the map's width: of a letter, of a line, and from a point to its name.
LETTER, LINE, BESIDE = 0.0082, 0.02, 0.012
LONGEST_NAME = 28  # in characters, of a name on the map


@dataclass(frozen=True)
class Point:
    """A piece on the map.

    Attributes:
        name: what it is called.
        sound: its file.
        x: from 0 to 1, to the right.
        y: from 0 to 1, upwards.
        text: what else is known of it, in a line.
        group: what it belongs to, its genre, say; empty if to nothing.
    """

    name: str
    sound: Path
    x: float
    y: float
    text: str = ""
    group: str = ""


@dataclass(frozen=True)
class Named:
    """A point whose name has room; the name ends at the point if ``leftwards``."""

    index: int
    leftwards: bool


def places(points: Sequence[Point]) -> NDArray[np.float64]:
    """Where they are, ``[points, 2]``."""
    return np.array([(it.x, it.y) for it in points], dtype=np.float64).reshape(-1, 2)


def nearest(points: Sequence[Point]) -> list[list[int]]:
    """Of each point, the indices of its `NEAREST` neighbours on the map, the nearest first."""
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return [[] for _ in points]
    count = min(NEAREST + 1, len(points))
    found = np.asarray(cKDTree(places(points)).query(places(points), count)[1])
    # Where many are at one place, a point may not be among its own neighbours.
    return [[int(it) for it in row if it != n][:NEAREST] for n, row in enumerate(found)]


def groups(points: Sequence[Point]) -> Mapping[str, Sequence[int]]:
    """The indices of each group's points, by name, the others last; empty if there is but one."""
    sizes = Counter(it.group for it in points)
    if len(sizes) < 2:
        return {}
    largest = [name for name, _ in sizes.most_common() if name]
    own = sorted(largest if len(largest) <= MOST_GROUPS else largest[: MOST_GROUPS - 1])
    found: dict[str, list[int]] = {name: [] for name in own}
    for n, point in enumerate(points):
        found.setdefault(point.group if point.group in own else OTHERS, []).append(n)
    return found


def named(points: Sequence[Point]) -> list[Named]:
    """The points whose names have room: they cover neither another's name nor a point."""
    at = places(points)
    boxes = np.empty((0, 4))
    found = []
    for n, point in enumerate(points):
        wide = LETTER * len(short(point.name)) + BESIDE
        for leftwards in (False, True):
            left = at[n, 0] - wide if leftwards else at[n, 0] + BESIDE / 2
            box = np.array([left, at[n, 1] - LINE / 2, left + wide, at[n, 1] + LINE / 2])
            if box[0] >= 0 and box[2] <= 1 + BESIDE and _free(box, boxes, np.delete(at, n, axis=0)):
                boxes = np.vstack([boxes, box])
                found.append(Named(n, leftwards))
                break
    return found


def short(name: str) -> str:
    """The name as it stands on the map."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _free(box: NDArray[np.float64], boxes: NDArray[np.float64], at: NDArray[np.float64]) -> bool:
    """Whether a box, (left, bottom, right, top), touches no other and no point."""
    margin = BESIDE / 2
    apart = (
        (boxes[:, 2] < box[0])
        | (boxes[:, 0] > box[2])
        | (boxes[:, 3] < box[1])
        | (boxes[:, 1] > box[3])
    )
    inside = (at > box[:2] - margin).all(axis=1) & (at < box[2:] + margin).all(axis=1)
    return bool(apart.all() and not inside.any())
