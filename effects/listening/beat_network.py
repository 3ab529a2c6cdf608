"""How likely there is a beat, and a downbeat, at every moment: BeatNet's network decides.

It is a convolution across the bands, then two recurrent layers, which know what came before. So a
song is run stretch by stretch, and what the layers remember goes from one to the next: the bits are
those of the whole. `CREDITS.md` says whose it is; ``benchmarks/training/beats.py`` converted it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effects.learned.onnx_session import session
from effects.listening import front_end
from effects.running.cores import in_threads
from effects.signal.arrays import Sound

MODEL = Path(__file__).with_name("beats.onnx")
STRETCH = 3000  # frames at a time, a minute, to limit memory: 15 MB each. Not searched.
STATE = (4, 1, 150)  # what the two layers remember

Activations = NDArray[np.float32]
"""Probabilities in frames of 20 ms, ``[frames, 2]``: a beat that is no downbeat; a downbeat."""


def activations(sound: Sound, tick: Callable[[float], object]) -> Activations:
    """How likely there is a beat in each frame; frame ``t`` is at ``t * 0.02`` s.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``, with a peak near 1.
        tick: is told the share that is done, 0 to 1.
    """
    count = front_end.n_frames(sound.shape[0])
    starts = range(0, count, STRETCH)
    shown = in_threads(
        lambda start: front_end.features(sound, start, min(start + STRETCH, count)), starts
    )
    out: Activations = np.empty((count, 2), np.float32)
    state = np.zeros(STATE, np.float32)
    for start, features in zip(starts, shown, strict=True):
        found, state = session(MODEL).run(None, {"features": features, "state": state})
        out[start : start + len(found)] = found[:, :2]
        tick((start + len(found)) / count)
    return out
