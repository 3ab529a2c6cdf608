"""Which keys sound and are struck: a small network decides by what `features` has of each key.

It goes over every key's features in time: one layer across the features, then ten convolutions over
five frames, ever further apart, each of which adds to what it is given. It sees 124 frames, 1.4 s,
to either side. Twice on the way a key hears of the keys whose partials coincide with its; and the
mean over all that sounds tells what the clip's notes are like on the whole.

``benchmarks/training/network.py`` defines it, ``train_notes.py`` beside it trained it, and
``note_network.onnx`` is both: the graph with its weights (in half precision).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effects.notes.basic_pitch import Frames
from effects.notes.onnx_session import session

MODEL = Path(__file__).with_name("note_network.onnx")

Keys = NDArray[np.intp]


@dataclass(frozen=True)
class Verdict:
    """About some keys, (keys, frames) each.

    Attributes:
        sounding: how surely there is a note, 0 to 1.
        struck: how surely one begins here, 0 to 1.
        late: if one begins, how many frames later than here.
    """

    sounding: Frames
    struck: Frames
    late: Frames


def judge(features: Frames, keys: Keys) -> Verdict:
    """What to make of the features of ``keys``, (keys, features, frames)."""
    inputs = {"features": features, "keys": keys.astype(np.int64)}
    return Verdict(*session(MODEL).run(("note", "onset", "onset_shift"), inputs))
