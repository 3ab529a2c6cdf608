"""What of two songs is lead, rhythm and harmony, at each moment and frequency.

A network hears both songs. It is `effects.mashing.networks.attention`, trained by
``benchmarks.training.mashup``, as ONNX.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from effects.checkpoint import checkpoint
from effects.learned.onnx_session import session
from effects.mashing.networks import HALVED
from effects.mashing.networks.wanted import Magnitudes
from effects.running.progress import meanwhile

LEAD, RHYTHM, HARMONY = range(3)  # rhythm is drums and bass; harmony is all the rest

MODEL = Path(__file__).with_name("parts.onnx")
#: It was trained on stretches this long, in frames: 8.2 s.
FRAMES = 22 * HALVED


class Shares(NamedTuple):
    """Which part of a song each bin belongs to: ``[3, frames, BINS]`` each, summing to 1.

    Attributes:
        a: of the first song.
        b: of the second.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]


def hear_parts(a: Magnitudes, b: Magnitudes) -> Shares:
    """The shares of lead, rhythm and harmony in two songs that sound together.

    Both are ``[frames, BINS]``, as long as each other, and at any level. A frame takes about 1 MB
    of memory: give it stretches of about `FRAMES`.
    """
    heard = {name: _whole_moments(it)[None] for name, it in (("a", a), ("b", b))}
    network = session(MODEL)
    found = meanwhile(lambda: network.run(None, heard), checkpoint)  # some 1 s of processor time
    return Shares(*(_shares(it[0, :, : len(a)]) for it in found))


def _whole_moments(magnitudes: Magnitudes) -> Magnitudes:
    """As many frames as make whole moments: the last one goes on. After it, silence would be heard
    as an end of all parts, and the shares of the last frames would change.
    """
    missing = -len(magnitudes) % HALVED
    return np.pad(magnitudes, ((0, missing), (0, 0)), "edge").astype(np.float32, copy=False)


def _shares(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities: the softmax over the three parts."""
    powers = np.exp(logits - logits.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0))
