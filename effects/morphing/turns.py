"""Whose turn it is: of each phrase, the first part is B's and the rest A's.

See `effects.morphing.onsets`. Where in a phrase B's part begins is drawn a few times. Of these
places the one is taken from which the way from A to B is most even: at each X, the middle should
have (1 - X) n_A + X n_B onsets, and the times from one to the next should be distributed as those
of a piece at X between A and B.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.morphing.onsets import SAME_SECONDS, nearest
from effects.signal.arrays import Values

#: Of a phrase, about: a bar of 4/4 at 120 BPM. On 80 pairs of tunes drawn for it, 2 and 4 s were
#: alike; with 1 s, turns change so often that notes sound for 1.1 to 1.35 times as long as the
#: ends'.
PHRASE_SECONDS = 2.0
#: How often a place is drawn. Not searched.
DRAWS = 24
#: At these X the way is looked at.
LOOKED_AT = (0.25, 0.5, 0.75)
#: Distributions are compared at so many quantiles. Not searched.
QUANTILES = 32


class Turns:
    """Whose turn it is.

    Args:
        a: when something begins in A, on the result's time, in seconds.
        b: in B.
        seed: of the draws.
    """

    def __init__(self, a: Sequence[float], b: Sequence[float], seed: int) -> None:
        self._starts = np.sort(np.array(a, np.float64)), np.sort(np.array(b, np.float64))
        last = max((float(it[-1]) for it in self._starts if it.size), default=0.0)
        self._phrases = max(round(last / PHRASE_SECONDS), 1)
        draws = np.random.default_rng(seed).random(DRAWS).tolist()
        self._first = 0.0
        if all(len(it) > 1 for it in self._starts):
            places = [self._places(it) for it in self._starts]
            rhythms = [_rhythm(it) for it in self._starts]
            self._first = min(draws, key=lambda it: self._unevenness(it, places, rhythms))

    def threshold(self, seconds: float) -> float:
        """From which X on it is B's turn at a moment."""
        return float(_thresholds(self._places(np.array([seconds])), self._first)[0])

    def shift(self, seconds: float, side: int, at: float) -> float:
        """By how much later something of A (``side`` 0) or B (1) begins at X, in seconds.

        Something else begins in the other piece nearly then. If it is its turn, both begin there.
        """
        others = self._starts[1 - side]
        if not others.size:
            return 0.0
        other = float(others[nearest(np.array([seconds]), others)[0]])
        theirs = int(at > self.threshold((seconds + other) / 2)) != side
        return other - seconds if theirs and abs(other - seconds) <= SAME_SECONDS else 0.0

    def _places(self, seconds: Values) -> Values:
        """Which share of all onsets comes before moments, in phrases, ``[moments]``."""
        shares = [_rank(it, seconds) for it in self._starts if it.size]
        return np.asarray(self._phrases * np.mean(shares or [np.full(len(seconds), 0.5)], axis=0))

    def _unevenness(
        self, first: float, places: Sequence[Values], rhythms: Sequence[Values]
    ) -> float:
        """How far from what X says a way is, from 0; both pieces have two onsets at least.

        Args:
            first: where in a phrase B's part begins.
            places: of A's onsets and of B's, as `_places` gives them.
            rhythms: of both, as `_rhythm` gives them.
        """
        a, b = self._starts
        until_a, from_b = (_thresholds(it, first) for it in places)
        found = 0.0
        for at in LOOKED_AT:
            middle = np.sort(np.concatenate([a[until_a >= at], b[from_b < at]]))
            middle = middle[np.diff(middle, prepend=-np.inf) > SAME_SECONDS]
            if middle.size < 2:
                return np.inf
            wanted = (1 - at) * a.size + at * b.size
            rhythm = _rhythm(middle)
            to_a, to_b = (float(np.abs(rhythm - it).mean()) for it in rhythms)
            found += abs(middle.size / wanted - 1) + abs(to_a / max(to_a + to_b, 1e-9) - at)
        return found


def _thresholds(places: Values, first: float) -> Values:
    # Evenly over all X. If turns move while X goes from 0.12 to 0.88 alone, places are 0.040 off in
    # place of 0.043, but the largest step from X to X + 0.25 is 1.44 of the mean one in place of
    # 1.33 (on seven pairs of the tuning half).
    return np.asarray((places + first) % 1.0)


def _rank(starts: Values, seconds: Values) -> Values:
    """Which share of the onsets come before each moment; those at it count half."""
    before, upto = np.searchsorted(starts, seconds), np.searchsorted(starts, seconds, "right")
    return np.asarray((before + upto) / 2 / len(starts))


def _rhythm(starts: Values) -> Values:
    """Quantiles of the times from onset to onset, in octaves, ``[QUANTILES]``.

    The mean distance of two of these is the Wasserstein distance of the distributions.
    """
    steps = np.sort(np.log2(np.maximum(np.diff(starts), 1e-3)))
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.asarray(np.interp(levels, (np.arange(steps.size) + 0.5) / steps.size, steps))
