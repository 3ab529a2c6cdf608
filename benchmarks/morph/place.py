"""Where between A and B a sound is, and whether the way there has even steps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from benchmarks.morph.distances import aspects_of, distance
from benchmarks.morph.heard import Heard

LEAST = 1e-9


def place(sound: Heard, a: Heard, b: Heard, aspects: tuple[str, ...]) -> float:
    """D(A) / (D(A) + D(B)): 0 at A and 1 at B; 0.5 if it is at no distance from either."""
    to_a, to_b = distance(sound, a, aspects), distance(sound, b, aspects)
    return to_a / (to_a + to_b) if to_a + to_b > LEAST else 0.5


def off_place(made: Mapping[float, Heard], a: Heard, b: Heard, *, drums: bool) -> float:
    """The mean distance of a row of morphs from where X says, each by X."""
    aspects = aspects_of(a, b, drums=drums)
    return float(np.mean([abs(place(it, a, b, aspects) - at) for at, it in made.items()]))


def jump(made: Mapping[float, Heard], a: Heard, b: Heard, *, drums: bool) -> float:
    """The largest step over the mean step of a row of morphs, in the order of X; 1 if all is even.

    NaN if nothing moves.
    """
    aspects = aspects_of(a, b, drums=drums)
    row = [made[at] for at in sorted(made)]
    steps = [distance(one, two, aspects) for one, two in pairwise(row)]
    return float(max(steps) / np.mean(steps)) if np.mean(steps) > LEAST else float("nan")
