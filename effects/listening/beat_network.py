"""How likely there is a beat, and a downbeat, at every moment: BeatNet's networks decide.

Each is a convolution across the bands, then two recurrent layers, which know what came before. So a
song is run stretch by stretch, and what the layers remember goes from one to the next: the bits are
those of the whole. `CREDITS.md` says whose they are; ``benchmarks/training/beats.py`` converted
them.

Trained on different recordings, the three err at different songs, so their mean is followed. Of 88
rendered songs, the tempo is right in 77, with the first network alone in 71; the share of true
beats within 70 ms is 0.96 in place of 0.91, that of true bars 0.86 in place of 0.80. But the mean
is 8 ms early or late where the first network is 3: so that one says when a beat is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effects.learned.onnx_session import session
from effects.listening import front_end
from effects.running.cores import in_threads
from effects.signal.arrays import Sound

MODEL = Path(__file__).with_name("beats.onnx")
STRETCH = 3000  # frames at a time, a minute, to limit memory: 15 MB each. Not searched.
STATE = (12, 1, 150)  # what the two layers of each network remember


@dataclass(frozen=True)
class Activations:
    """Probabilities in frames of 20 ms; frame ``t`` is at ``t * 0.02`` s.

    Attributes:
        beat: that there is a beat, ``[frames]``: the mean of the networks.
        downbeat: that there is a downbeat, ``[frames]``: the mean of the networks.
        sharp: as ``beat``, but the first network's alone, which says best when beats are.
    """

    beat: NDArray[np.float32]
    downbeat: NDArray[np.float32]
    sharp: NDArray[np.float32]


def activations(sound: Sound, tick: Callable[[float], object]) -> Activations:
    """How likely there is a beat in each frame.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``, with a peak near 1.
        tick: is told the share that is done, 0 to 1.
    """
    count = front_end.n_frames(sound.shape[0])
    starts = range(0, count, STRETCH)
    shown = in_threads(
        lambda start: front_end.features(sound, start, min(start + STRETCH, count)), starts
    )
    out = np.empty((3, count), np.float32)
    state = np.zeros(STATE, np.float32)
    for start, features in zip(starts, shown, strict=True):
        found, state = session(MODEL).run(None, {"features": features, "state": state})
        either = found[:, :, 0] + found[:, :, 1]  # a beat that is no downbeat, or a downbeat
        stop = start + len(features)
        out[:, start:stop] = either.mean(axis=0), found[:, :, 1].mean(axis=0), either[0]
        tick(stop / count)
    return Activations(*out)
