"""How much of each pitch class sounds: librosa's constant-Q chroma, stretch by stretch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from effects.listening.front_end import RATE
from effects.listening.per_beat import means_between
from effects.running.cores import in_threads
from effects.signal.arrays import Sound, Values, samples_between

HOP = 1024  # samples: 46 ms, at least six to a beat at 200 BPM. Not searched.
FRAMES_PER_SECOND = RATE / HOP
STRETCH = 1292  # frames at a time, a minute, to limit memory. Not searched.
#: Frames around each stretch: the longest filter, of 33 Hz, takes 1.5 s.
MARGIN = 32
TUNING_SECONDS = 60  # from the middle of the song, from which its tuning is heard. Not searched.
#: A frame whose strongest pitch class is below this share of the song's strongest is silent:
#: -60 dB. Not searched.
SILENT = 1e-3


def tuning(sound: Sound) -> float:
    """How far a song is from 440 Hz, in semitones: -0.5 to 0.5; 0 where no pitch is heard.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``.
    """
    import librosa

    count = min(sound.shape[0], TUNING_SECONDS * RATE)
    begin = (sound.shape[0] - count) // 2
    middle = samples_between(sound, begin, begin + max(count, 2048))
    if not middle.any():
        return 0.0
    return float(librosa.estimate_tuning(y=middle, sr=RATE))


def chroma(sound: Sound, tick: Callable[[float], object]) -> NDArray[np.float32]:
    """How much of each pitch class sounds, ``[frames, 12]``, from C; each frame's most is 1, or 0.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``.
        tick: is told the share that is done, 0 to 1.
    """
    tuned = tuning(sound)
    count = 1 + sound.shape[0] // HOP
    starts = range(0, count, STRETCH)
    parts = []
    for number, part in enumerate(in_threads(lambda it: _stretch(sound, it, count, tuned), starts)):
        parts.append(part)
        tick((number + 1) / len(starts))
    out = np.concatenate(parts)
    most = out.max(axis=1, keepdims=True)
    heard = most > SILENT * most.max()
    return np.where(heard, out / np.where(heard, most, 1), 0).astype(np.float32)


def chroma_of_beats(frames: NDArray[np.float32], beats: Values) -> Values:
    """As `Song.chroma`: ``[beats - 1, 12]``."""
    means = means_between(frames.astype(np.float64), FRAMES_PER_SECOND, beats)
    sums = means.sum(axis=1, keepdims=True)
    return np.where(sums > SILENT, means / np.where(sums > SILENT, sums, 1), 0)


def _stretch(sound: Sound, start: int, count: int, tuned: float) -> NDArray[np.float32]:
    import librosa

    stop = min(start + STRETCH, count)
    under = samples_between(sound, (start - MARGIN) * HOP, (stop - 1 + MARGIN) * HOP)
    found = librosa.feature.chroma_cqt(y=under, sr=RATE, hop_length=HOP, tuning=tuned, norm=None)
    return found.T[MARGIN : MARGIN + stop - start]
