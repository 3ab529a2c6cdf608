"""What of two songs is lead, rhythm and harmony, at each moment and frequency.

A network hears both songs. It is `effects.mashing.networks.attention`, trained by
``benchmarks.training.mashup``, as ONNX.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Magnitudes = NDArray[np.float32]
"""Of the short-time spectra of a song on `effects.mashing.grid`, ``[frames, bins]``."""
LEAD, RHYTHM, HARMONY = range(3)  # rhythm is drums and bass; harmony is all the rest


class Shares(NamedTuple):
    """Which part of a song each bin belongs to: ``[3, frames, bins]`` each, summing to 1.

    Attributes:
        a: of the first song.
        b: of the second.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]


def hear_parts(a: Magnitudes, b: Magnitudes) -> Shares:
    """The shares of lead, rhythm and harmony in two songs that sound together.

    Both are on the same grid, as long as each other, and at any level; a few seconds up to a
    minute, for longer ones take memory in proportion to the square of their length.
    """
    raise NotImplementedError  # until the network is trained
