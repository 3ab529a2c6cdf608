"""How likely a note of each key sounds, and begins: a small network decides by `features`.

basic-pitch hears notes where there are only partials, and misses others. This network goes over the
features of every key in time: one layer across the features, then ten convolutions over five
frames, ever further apart, each of which adds to what it is given. It sees 124 frames, 1.4 s, to
either side. Twice on the way a key hears of the keys whose partials coincide with its own; and the
mean over all that sounds tells what the clip's notes are like on the whole.

``benchmarks/training/network.py`` defines it, ``train_notes.py`` beside that trained it, and
``note_network.onnx`` has been exported from there: the graph and its weights, in half precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from effects.notes.basic_pitch import Frames, Keys
from effects.notes.onnx_session import session

MODEL = Path(__file__).with_name("note_network.onnx")
REACH = 124  # frames to either side that the network sees


@dataclass(frozen=True)
class Prediction:
    """What the network says of some keys, ``[keys, frames]`` each.

    Attributes:
        note: how likely a note sounds, 0 to 1.
        onset: how likely a note begins, 0 to 1.
        onset_shift: if one begins, how many frames later than here.
    """

    note: Frames
    onset: Frames
    onset_shift: Frames


def predict(features: Frames, keys: Keys) -> Prediction:
    """What the network says of ``keys``, by their features, ``[keys, features, frames]``."""
    inputs = {"features": features, "keys": keys.astype(np.int64)}
    return Prediction(*session(MODEL).run(("note", "onset", "onset_shift"), inputs))
