"""Gains that change over time and frequency, applied to a sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from effects.running.cores import in_threads
from effects.signal.arrays import Audio, Sound
from effects.signal.stft import Stft

#: Length of a window in seconds, and windows over each sample: as `completion` has it, by which
#: performances are brought to a stem's dynamics. With windows of twice that length, notes are
#: filtered out no better.
WINDOW_SECONDS = 0.0464
OVERLAP = 4
#: Smallest hop in samples.
LEAST_HOP = 8
#: Frames at a time, to limit memory.
TOGETHER = 256

Gains = NDArray[np.float32]
"""Amplitude gains, ``[frames, bins]``."""


def stft_of(sample_rate: float) -> Stft:
    """The transform in whose frames and bins gains are given."""
    hop = max(round(WINDOW_SECONDS / OVERLAP * sample_rate), LEAST_HOP)
    return Stft(hop * OVERLAP, hop)


def add_changed(
    out: Audio, sound: Sound, sample_rate: float, gains: Callable[[slice], Gains]
) -> None:
    """Add to ``out`` what gains add to a sound, or take from it, in place.

    If ``out`` is the sound, it then has the gains; where they are 1, it stays bit for bit.

    Args:
        out: ``[channels, samples]``.
        sound: likewise; another array than ``out``.
        sample_rate: in Hz.
        gains: of a stretch of frames, for all channels.
    """
    stft = stft_of(sample_rate)
    n_frames = stft.n_frames(out.shape[1])
    # The weights of all frames but those at the ends are the same at every hop.
    weights = stft.weights(n_frames)

    def changed(at: slice) -> tuple[int, Audio]:
        more = gains(at) - np.float32(1)
        if not more.any():
            return at.start, np.zeros((len(out), 0), np.float32)
        return at.start, stft.synthesise(stft.analyse(sound, at.start, at.stop) * more)

    stretches = [slice(it, min(it + TOGETHER, n_frames)) for it in range(0, n_frames, TOGETHER)]
    for first, total in in_threads(changed, stretches):
        begin, skipped = stft.begin(first), first * stft.hop
        more = total / weights[skipped : skipped + total.shape[1]]
        start, stop = max(begin, 0), min(begin + more.shape[1], out.shape[1])
        if stop > start:
            out[:, start:stop] += more[:, start - begin : stop - begin]
