"""The likeliest strokes of a score of logits.

Where a latent is between two others, or was changed, its score is unsure: many strokes have a small
chance, few or none have more than one half, and a threshold would leave hardly a note. So as many
strokes are taken as there should be, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.latent.roll import LOWEST, N_KEYS, SOUNDING, STRUCK, WINDOW_STEPS, Roll
from effects.signal.arrays import Values

#: Farther than any logit: what is put back by it comes after all others.
LAST = 1e6
#: A note sounds for this many steps at most, four seconds.
LONGEST_STEPS = WINDOW_STEPS


@dataclass(frozen=True, order=True)
class Struck:
    """A stroke of a key.

    Attributes:
        step: from the beginning of the piece.
        key: a MIDI number.
        steps: how long it sounds, at least 1.
        logit: how likely it is.
    """

    step: int
    key: int
    steps: int
    logit: float


def expected(logits: Roll) -> Values:
    """How many strokes there should be in each window: ``[windows, 32, 88, 2] -> [windows]``."""
    chances = 1 / (1 + np.exp(-logits[..., STRUCK].astype(np.float64)))
    return np.asarray(chances.sum(axis=(1, 2)))


def likeliest(
    logits: Roll, counts: Sequence[int] | NDArray[np.integer], most_at_once: int = N_KEYS
) -> list[Struck]:
    """The likeliest strokes of each window, by step and key; at most one for each of these.

    A stroke that may come in one of two steps is likely in both, so of neighbours on one key that
    are unsure, the less likely one is taken only when there are no others.

    Args:
        logits: ``[windows, 32, 88, 2]``.
        counts: how many strokes of each window, ``[windows]``.
        most_at_once: how many keys may be struck in one step.
    """
    struck = logits[..., STRUCK].reshape(-1, N_KEYS).astype(np.float64)
    order = _in_order(struck, most_at_once).reshape(len(logits), -1)
    lengths = Lengths(logits)
    found = []
    for window, count in enumerate(counts):
        most = min(int(count), int(np.isfinite(order[window]).sum()))
        for cell in np.argsort(-order[window], kind="stable")[:most].tolist():
            step, key = divmod(window * order.shape[1] + cell, N_KEYS)
            steps = max(round(lengths.of(step, key + LOWEST)), 1)
            found.append(Struck(step, key + LOWEST, steps, float(struck[step, key])))
    return sorted(found)


def _in_order(struck: Values, most_at_once: int) -> Values:
    """By what strokes are chosen, highest first, ``[steps, keys]``; -infinity is never chosen."""
    around = np.pad(struck, ((1, 1), (0, 0)), constant_values=-np.inf)
    # Of two that are equal, the earlier one is the peak.
    peak = (struck > around[:-2]) & (struck >= around[2:])
    order: Values = np.where(peak | (struck > 0), struck, struck - LAST)
    if most_at_once < N_KEYS:
        ranks = np.argsort(np.argsort(-order, axis=1, kind="stable"), axis=1)
        order = np.where(ranks < most_at_once, order, -np.inf)
    return order


class Lengths:
    """How long keys sound once they are struck.

    If s(t) is the chance that a key sounds in a step, and each step is decided by itself, it sounds
    for Σ s(1) s(2) ... s(n) steps after the first, on average: the sum over n from 1 up.

    Args:
        logits: ``[windows, 32, 88, 2]``.
    """

    def __init__(self, logits: Roll) -> None:
        sounding = logits[..., SOUNDING].reshape(-1, N_KEYS).astype(np.float64)
        self._chances = 1 / (1 + np.exp(-sounding))

    def of(self, step: int, key: int) -> float:
        """Steps that the MIDI number ``key`` sounds from ``step`` on, at least 1."""
        after = self._chances[step + 1 : step + LONGEST_STEPS, key - LOWEST]
        return 1 + float(np.cumprod(after).sum())
