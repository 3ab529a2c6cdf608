"""How strong strokes are in each part of each beat, and how loud each beat is, by ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from effects.listening.front_end import RATE
from effects.listening.per_beat import divided, means_between
from effects.listening.song import LEVEL_EDGES_HZ, ONSET_EDGES_HZ, SUBDIVISIONS
from effects.running.cores import in_threads
from effects.signal.arrays import Sound, Values
from effects.signal.stft import Stft

#: Windows of 46 ms, 10 ms apart: short enough for a twelfth of a beat (25 ms at 200 BPM), long
#: enough to tell the octave from 63 Hz. Not searched.
STFT = Stft(1024, 220)
FRAMES_PER_SECOND = RATE / STFT.hop
STRETCH = 6000  # frames at a time, a minute, to limit memory: 50 MB each. Not searched.
#: Magnitudes are heard as log(1 + this times them): with a peak of 1 in the sound, that is nearly
#: the logarithm down to some -60 dB. Not searched.
GAIN = 100.0


@dataclass(frozen=True)
class Strength:
    """Strokes and loudness of a song in frames.

    Attributes:
        rises: how much the loudness rises in each range of `ONSET_EDGES_HZ`, ``[frames, 3]``.
        powers: the mean square in each range of `LEVEL_EDGES_HZ`, ``[frames, 8]``.
    """

    rises: NDArray[np.float32]
    powers: NDArray[np.float32]


def strength(sound: Sound, tick: Callable[[float], object]) -> Strength:
    """Strokes and loudness of a sound.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``, with a peak near 1.
        tick: is told the share that is done, 0 to 1.
    """
    count = STFT.n_frames(sound.shape[0])
    rises, powers = [], []
    starts = range(0, count, STRETCH)
    for number, (rise, power) in enumerate(
        in_threads(lambda start: _stretch(sound, start, min(start + STRETCH, count)), starts)
    ):
        rises.append(rise)
        powers.append(power)
        tick((number + 1) / len(starts))
    return Strength(np.concatenate(rises), np.concatenate(powers))


def onsets(found: Strength, beats: Values) -> Values:
    """As `Song.onsets`: ``[beats - 1, SUBDIVISIONS, 3]``.

    Each part reaches from half of it before to half of it after its time, so a stroke on the beat
    is in part 0 of that beat if a player is a little early, too.
    """
    edges = divided(beats, SUBDIVISIONS, -0.5)
    means = means_between(found.rises.astype(np.float64), FRAMES_PER_SECOND, edges)
    means /= np.maximum(means.mean(axis=0), np.finfo(np.float32).tiny)
    return means.reshape(len(beats) - 1, SUBDIVISIONS, -1)


def levels(found: Strength, beats: Values) -> Values:
    """As `Song.levels`: ``[beats - 1, 8]``."""
    return means_between(found.powers.astype(np.float64), FRAMES_PER_SECOND, beats)


def _stretch(
    sound: Sound, start: int, stop: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    first = max(start - 1, 0)  # the song's first frame does not rise
    magnitudes = np.abs(STFT.analyse(sound, first, stop)) / STFT.window.sum() * 2
    loud = np.log1p(GAIN * magnitudes)
    rise = np.maximum(np.diff(loud, axis=0, prepend=loud[:1]), 0)[start - first :]
    # By Parseval: a sine of amplitude a has a mean square of a^2 / 2, spread by the window.
    spread = (STFT.window**2).sum() * STFT.size / STFT.window.sum() ** 2
    power = magnitudes[start - first :] ** 2 / (2 * spread)
    return _by_range(rise, ONSET_EDGES_HZ), _by_range(power, LEVEL_EDGES_HZ)


def _by_range(values: NDArray[np.float32], edges_hz: tuple[float, ...]) -> NDArray[np.float32]:
    """Sums over the bins of each range, ``[frames, ranges]``."""
    bins = np.ceil(np.array(edges_hz) * STFT.size / RATE).astype(int)
    bins[-1] = STFT.size // 2 + 1
    sums = [values[:, low:high].sum(axis=1) for low, high in pairwise(bins)]
    return np.stack(sums, axis=1)
