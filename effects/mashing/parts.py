"""What of two songs is lead, rhythm and harmony, at each moment and frequency.

A network hears both songs. It is `effects.mashing.networks.attention`, trained by
``benchmarks.training.mashup``, as ONNX.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from effects.learned.onnx_session import session

Magnitudes = NDArray[np.float32]
"""Of the short-time spectra of a song on `effects.mashing.grid`, ``[frames, bins]``."""
LEAD, RHYTHM, HARMONY = range(3)  # rhythm is drums and bass; harmony is all the rest

MODEL = Path(__file__).with_name("parts.onnx")
#: What the network hears, as in `effects.mashing.networks.attention`, which loads torch: bins, up
#: to 8.3 kHz, and frames to a moment of its attention.
BINS, HALVED = 768, 16
TOP = 96  # highest bins that it hears, a kilohertz: those above take their mean. Not searched.


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

    Both are on the same grid, as long as each other, and at any level. The memory is about 1 MB a
    frame, so give it stretches: it was trained on 8 s.
    """
    frames, bins = a.shape
    heard = [_heard(it) for it in (a, b)]
    logits = session(MODEL).run(None, {"a": heard[0], "b": heard[1]})
    return Shares(*(_shares(it[0, :, :frames], bins) for it in logits))


def _heard(magnitudes: Magnitudes) -> NDArray[np.float32]:
    """As the network takes it: ``[1, frames, BINS]``, whole moments."""
    frames, bins = magnitudes.shape
    out = np.zeros((1, -(-frames // HALVED) * HALVED, BINS), np.float32)
    out[0, :frames, :bins] = magnitudes[:, :BINS]
    return out


def _shares(logits: NDArray[np.float32], bins: int) -> NDArray[np.float32]:
    """Probabilities of ``[3, frames, BINS]``, for as many bins as there are."""
    from scipy.special import softmax

    heard = softmax(logits, axis=0)[..., :bins]
    if bins <= BINS:
        return np.ascontiguousarray(heard)
    above = heard[..., -TOP:].mean(-1, keepdims=True)
    return np.concatenate([heard, np.broadcast_to(above, (*heard.shape[:2], bins - BINS))], -1)
