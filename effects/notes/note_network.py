"""How likely a note of each key is to sound, and to begin: a small network decides, by `features`.

basic-pitch hears notes where there are only partials, and misses others. This network follows the
features of every key over time: one layer across the features, then ten convolutions over five
frames at growing distances, each of which adds to its input. It sees 124 frames, 1.4 s, to either
side. At two points on the way, each key is told about the keys with which it shares partials. And
the mean over all that sounds tells what the clip's notes have in common.

It is run key by key, in five parts: those that go on while keys tell each other nothing are
`in_threads`, and what a key needs stays in the processor's cache. With all keys at once, a stretch
of 27 s and 60 keys took 0.57 s of processor time in place of 0.34, and 180 MB in place of 50.

``benchmarks/training/network.py`` defines the network, ``train_notes.py`` beside it trained it, and
the files in ``note_network`` were exported from there: graphs and their weights, in half precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from effects.learned.onnx_session import session
from effects.notes.basic_pitch import N_KEYS, Frames, Keys
from effects.running.cores import in_threads

MODEL = Path(__file__).with_name("note_network")
PARTS = ("enter", "context", "begin", "middle", "end")
REACH = 124  # frames to either side that the network sees
#: Intervals in semitones to the keys of which a key hears: itself, its neighbours, and keys whose
#: partials coincide with its own, near 12 log2(p/q) for small p and q (see `features`).
AKIN = (-36, -34, -31, -28, -24, -19, -12, -2, -1, 0, 1, 2, 12, 19, 24, 28, 31, 34, 36)
TOLD = 6  # channels of what a key tells other keys


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


def predict(features: Iterable[Frames], keys: Keys) -> Prediction:
    """What the network says about ``keys``.

    Args:
        features: those of each key, ``[features, frames]``.
        keys: which keys they are, at least one and each once.
    """
    for part in PARTS:
        session(MODEL / f"{part}.onnx")  # opened once, not by every thread
    entered = list(in_threads(lambda it: _run("enter", features=it[None]), features))
    x = [channels for channels, *_ in entered]
    sums, weights = (np.concatenate([it[place] for it in entered]) for place in (1, 2))
    del entered  # each stage has its channels take the place of those before
    context = _run("context", sums=sums, weights=weights)[0]
    rows = range(len(keys))

    def stage(part: str, row: int, **more: Frames) -> Frames:
        x[row], told = _run(part, x=x[row], **more)
        return told

    told = in_threads(lambda row: stage("begin", row, context=context), rows)
    board = _board(told, keys, x[0].shape[-1])
    told = in_threads(lambda row: stage("middle", row, of_akin=_of_akin(board, keys[row])), rows)
    last = _board(told, keys, x[0].shape[-1])
    found = in_threads(lambda row: _run("end", x=x[row], of_akin=_of_akin(last, keys[row])), rows)
    return Prediction(*(np.concatenate(it) for it in zip(*found, strict=True)))


def _run(part: str, **inputs: Frames) -> list[Frames]:
    found: list[Frames] = session(MODEL / f"{part}.onnx").run(None, inputs)
    return found


def _board(told: Iterable[Frames], keys: Keys, n_frames: int) -> Frames:
    """What every key tells, ``[keys and silence around them, TOLD, frames]``."""
    board = np.zeros((N_KEYS + 2 * max(AKIN), TOLD, n_frames), np.float32)
    for key, it in zip(keys, told, strict=True):
        board[key + max(AKIN)] = it[0, :, 0]
    return board


def _of_akin(board: Frames, key: int) -> Frames:
    """What a key hears of those `AKIN` to it, ``[1, akin * TOLD, 1, frames]``."""
    of_akin: Frames = board[key + max(AKIN) + np.array(AKIN)]
    return of_akin.reshape(1, len(AKIN) * TOLD, 1, -1)
