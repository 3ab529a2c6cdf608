"""Which beats begin bars, and how many beats a bar has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.listening.beat_network import Activations
from effects.listening.front_end import FRAMES_PER_SECOND
from effects.listening.song import Meter
from effects.signal.arrays import Values


def find_bars(
    beats: Values, heard: Activations, chroma: Values, onsets: Values
) -> tuple[NDArray[np.intp], Meter]:
    """Which of the beats begin a bar, ``[bars]``, and how many beats a bar has.

    Args:
        beats: in seconds, ``[beats]``.
        heard: what the network has heard.
        chroma: as `Song.chroma`.
        onsets: as `Song.onsets`.
    """
    weight = _standard(_downbeats(beats, heard)) + _standard(_changes(chroma))
    sums = [weight[phase::4].mean() for phase in range(min(4, len(weight)))]
    return np.arange(int(np.argmax(sums)), len(beats), 4, dtype=np.intp), Meter(4)


def _downbeats(beats: Values, heard: Activations) -> Values:
    """How likely each beat is a downbeat for the network, ``[beats - 1]``."""
    frames = np.rint(beats[:-1] * FRAMES_PER_SECOND).astype(np.intp)
    around = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(heard) - 1)
    likely: Values = heard[around, 1].max(axis=1).astype(np.float64)
    return likely


def _changes(chroma: Values) -> Values:
    """How much the chords change at each beat: the distance of its chroma from that before."""
    changes: Values = np.linalg.norm(np.diff(chroma, axis=0, prepend=chroma[:1]), axis=1)
    return changes


def _standard(values: Values) -> Values:
    """The values with mean 0 and variance 1; all 0 if they are alike."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))
