"""Choosing a grain: the one that costs least.

Each way in which a grain does not suit what it has to play is a term in its own unit. The cost of a
grain is the sum of its terms, each times its price,

    cost = Σ price · term.

A semitone has the price 1, so a price says how many semitones one unit of a term is worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

# Shorter times and lower levels are raised to these, so that no logarithm is infinite.
SHORTEST_SECONDS = 0.01
FAINTEST = 1e-9

Candidate = TypeVar("Candidate")


class Terms(NamedTuple):
    """How badly a grain suits what it has to play, or the prices of these terms.

    Attributes:
        semitones: how far its pitch has to be moved.
        masked: the share of its time in which it was cut out from among other notes.
        hazy: how unlike its periods are, 1 minus their correlation.
        halved: how alike the halves of its periods are; such a grain is heard an octave higher.
        octaves_longer: how often its length has to be doubled.
        decibels: the difference in level.
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
    return min(candidates, key=lambda candidate: cost(terms(candidate), prices))


def cost(terms: Terms, prices: Terms) -> float:
    """The sum of the terms, each times its price."""
    return sum(price * term for price, term in zip(prices, terms, strict=True))


def octaves_longer(wanted_seconds: float, seconds: float) -> float:
    """How often ``seconds`` must be doubled to reach ``wanted_seconds``; 0 if it is longer."""
    ratio = max(wanted_seconds, SHORTEST_SECONDS) / max(seconds, SHORTEST_SECONDS)
    return max(math.log2(ratio), 0)


def decibels_between(a: float, b: float) -> float:
    """The difference in dB of two linear levels, never negative."""
    return abs(20 * math.log10(max(a, FAINTEST) / max(b, FAINTEST)))
