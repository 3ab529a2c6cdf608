"""Choosing a grain: the one that costs least.

How far a grain is from what it is to play is measured in a few terms, each in a unit of its own. A
cost is the sum of the terms, each times its price:

    cost = Σ price · term

A semitone costs 1, so prices say how many semitones a thing is worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

SHORTEST_SECONDS = 0.01  # shorter notes and grains are compared as if they were as long as this
FAINTEST = 1e-9  # likewise of levels, linear

Candidate = TypeVar("Candidate")


class Terms(NamedTuple):
    """What is not as it should be of a grain; or what each of these costs.

    Attributes:
        semitones: by which the grain has to be moved.
        masked: share of its time during which it had to be cut out from among other notes.
        hazy: how unlike its periods are, as 1 minus their correlation.
        halved: how alike the halves of its periods are: it will be heard an octave higher.
        octaves_longer: how often its length has to be doubled.
        decibels: of difference in level.
    """

    semitones: float
    masked: float
    hazy: float
    halved: float
    octaves_longer: float
    decibels: float


def cheapest(
    candidates: Iterable[Candidate], terms: Callable[[Candidate], Terms], prices: Terms
) -> Candidate:
    """The candidate with the least cost; the first of several."""

    def cost(candidate: Candidate) -> float:
        return sum(price * term for price, term in zip(prices, terms(candidate), strict=True))

    return min(candidates, key=cost)


def octaves_longer(wanted_seconds: float, seconds: float) -> float:
    """How often ``seconds`` have to be doubled to be as long as wanted; 0 if they are enough."""
    ratio = max(wanted_seconds, SHORTEST_SECONDS) / max(seconds, SHORTEST_SECONDS)
    return max(math.log2(ratio), 0)


def decibels_between(a: float, b: float) -> float:
    """The difference of two levels, which are linear."""
    return abs(20 * math.log10(max(a, FAINTEST) / max(b, FAINTEST)))
