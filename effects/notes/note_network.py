"""How likely a note of each key is to sound, and to begin: a small network decides, by `features`.

basic-pitch hears notes where there are only partials, and misses others. This network follows the
features of every key over time: one layer across the features, then ten convolutions over five
frames at growing distances, each of which adds to its input. It sees 124 frames, 1.4 s, to either
side. At two points on the way, each key is told about the keys with which it shares partials. And
the mean over all that sounds tells what the clip's notes have in common.

``benchmarks/training/network.py`` defines the network, ``train_notes.py`` beside it trained it, and
``note_network.onnx`` was exported from there: the graph and its weights, in half precision.
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
    """What the network says about some keys, ``[keys, frames]`` each.

    Attributes:
        note: how likely a note sounds, 0 to 1.
        onset: how likely a note begins, 0 to 1.
        onset_shift: how many frames later than here the note begins, if one does.
    """

    note: Frames
    onset: Frames
    onset_shift: Frames


def predict(features: Frames, keys: Keys) -> Prediction:
    """What the network says about ``keys``, by their features, ``[keys, features, frames]``."""
    inputs = {"features": features, "keys": keys.astype(np.int64)}
    return Prediction(*session(MODEL).run(("note", "onset", "onset_shift"), inputs))
