"""Which bars begin a section: where what is heard changes, at phrases of 4, 8, 16 bars.

How new a bar is, is the distance of the four bars from it on from the four before it (Foote: ICME
2000), in pitches, strokes and levels. Sections are then chosen together, by dynamic programming:
each has to be worth its beginning, and usual lengths are worth more. None of the numbers is
searched.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Values

REACH = 4  # bars before and after that are compared
SHORTEST, LONGEST = 4, 32  # bars of a section; the first and the last one may be shorter
COST = 1.0  # of a beginning, in standard deviations of novelty over its mean
#: What a length is worth: a multiple of 8 bars, of 4, any other.
OF_EIGHTS, OF_FOURS, OF_OTHERS = 1.0, 0.5, -0.5


def find_sections(
    bars: NDArray[np.intp], chroma: Values, onsets: Values, levels: Values
) -> NDArray[np.intp]:
    """Which bars begin a section, ``[sections]``, rising; the first is 0.

    Args:
        bars: as `Song.bars`.
        chroma: as `Song.chroma`.
        onsets: as `Song.onsets`.
        levels: as `Song.levels`.
    """
    new = _novelty(_of_bars(bars, [chroma, onsets.mean(axis=1), np.log10(levels + 1e-6)]))
    best = np.full(len(new) + 1, -np.inf)  # of sections that end before each bar
    before = np.zeros(len(new) + 1, np.intp)
    best[0] = 0.0
    for end in range(1, len(new) + 1):
        lengths = np.arange(1, min(LONGEST, end) + 1)
        begins = end - lengths
        inside = (lengths < SHORTEST) & (begins > 0) & (end < len(new))
        gains = best[begins] + new[begins] + _worth(lengths) - np.where(inside, np.inf, 0)
        before[end] = begins[gains.argmax()]
        best[end] = gains.max()
    found = [len(new)]
    while found[-1] > 0:
        found.append(int(before[found[-1]]))
    return np.array(found[:0:-1], np.intp)


def _worth(lengths: NDArray[np.intp]) -> Values:
    fours = np.where(lengths % 4 == 0, OF_FOURS, OF_OTHERS)
    return np.where(lengths % 8 == 0, OF_EIGHTS, fours) - COST


def _of_bars(bars: NDArray[np.intp], features: list[Values]) -> Values:
    """Means of each bar, each feature as wide as another: ``[bars, numbers]``."""
    columns = []
    for feature in features:
        # A bar may begin with the last beat, of which nothing is known: it is as the one before it.
        sums = np.add.reduceat(np.append(feature, feature[-1:], axis=0), bars, axis=0)
        means = sums / np.diff(np.append(bars, len(feature) + 1))[:, None]
        spread = np.linalg.norm(means - means.mean(axis=0), axis=1).mean()
        columns.append(means / max(spread, 1e-9))
    return np.concatenate(columns, axis=1)


def _novelty(rows: Values) -> Values:
    """How new each bar is, with mean 0 and variance 1; 0 at both ends."""
    out = np.zeros(len(rows))
    middle = range(2, len(rows) - 1)
    for bar in middle:
        after, before = rows[bar : bar + REACH], rows[max(bar - REACH, 0) : bar]
        out[bar] = np.linalg.norm(after.mean(axis=0) - before.mean(axis=0))
    inner = out[2:-1]
    if len(inner) and inner.std() > 1e-9:
        out[2:-1] = (inner - inner.mean()) / inner.std()
    return out
