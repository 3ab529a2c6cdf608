"""What a mashup asks of a network that was trained on one's own songs."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Magnitudes = NDArray[np.float32]
"""Of the short-time spectra of a song on `effects.mashing.grid`, ``[frames, bins]``."""


class Wanted(NamedTuple):
    """How much of two songs is to be heard: gains of 0 to 1, ``[frames, bins]`` each.

    Attributes:
        a: of the first song.
        b: of the second.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]


class Hears(Protocol):
    """A trained network, ready to be asked: `effects.mashing.own.weights.load` gives one."""

    def wanted(self, a: Magnitudes, b: Magnitudes) -> Wanted:
        """What is to be heard of two songs that sound together.

        Both are on the same grid, as long as each other, A as loud as B; a few seconds up to a
        minute.
        """
        ...
