"""Which network hears the parts of two songs."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from effects.mashing import parts
from effects.mashing.hearing import Hear
from effects.mashing.networks.wanted import Hears, Magnitudes
from effects.mashing.options import Options
from effects.mashing.parts import LEAD, RHYTHM, Shares


def network_of(options: Options) -> Hear:
    """The shipped network, or that of one's own weights.

    Raises:
        ValueError, OSError: the weights cannot be used.
    """
    if options.weights is None:
        return parts.hear_parts
    from effects.mashing.own.weights import load

    return partial(_as_parts, load(options.weights), options.lead)


def _as_parts(network: Hears, lead: str, a: Magnitudes, b: Magnitudes) -> Shares:
    """What is wanted of two songs as if that were the lead of one, and the rhythm of the other.

    What is not wanted of the song that gives the bed then counts as its lead: it is faded in where
    nothing is wanted of the first.
    """
    if lead == "b":
        return Shares(*_as_parts(network, "a", b, a)[::-1])
    wanted = network.wanted(a, b)
    return Shares(_split(wanted.a, LEAD, RHYTHM), _split(wanted.b, RHYTHM, LEAD))


def _split(gain: NDArray[np.float32], wanted: int, other: int) -> NDArray[np.float32]:
    shares = np.zeros((3, *gain.shape), np.float32)
    shares[wanted], shares[other] = gain, 1 - gain
    return shares
