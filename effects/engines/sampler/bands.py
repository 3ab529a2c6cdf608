"""The power of a clip in half octaves, in which strokes are found and measured.

In a band of width B, the power of noise under a window of N samples and T seconds has

    d = 2 B T (Σw²)² / (N Σw⁴) = 1.03 B T

degrees of freedom (w is the window, Hann's), so its level in dB has a standard deviation of about
σ = (10 / ln 10) √(2 / d): 4 dB at the bottom, 0.5 dB at the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from effects.running.cores import each_in_threads
from effects.signal.arrays import Sound, Values
from effects.signal.stft import Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: tried on twelve recorded grooves of the tuning half, and noise.

    "Best" means the F-measure of the strokes within 25 ms, with as little as possible in noise.
    """

    #: Hop in seconds, and hops under a window, 23 ms. Windows of 17 to 29 ms differ by 0.002.
    hop_seconds: float = 0.0029
    overlap: int = 8
    #: The highest frequency of the lowest band and of the highest in Hz, and bands per octave. One
    #: and three per octave are as good, but one finds more in noise.
    lowest_hz: float = 100.0
    highest_hz: float = 18_000.0
    per_octave: int = 2
    #: What sounds before a stroke is measured from the first to the last of these many hops before
    #: it: 9 to 26 ms. Later ones are in the same window, and earlier ones hide rolls and flams.
    before: tuple[int, int] = (3, 9)
    #: A band rises if its power exceeds that before by this factor within this many hops. Best of
    #: 0.7, 1, 1.5 and 2, and of 4 and 10, by levels: wrong by 0.83 dB, and by 0.93 dB without it.
    risen: float = 1.5
    rise_hops: int = 4
    #: Frames at a time, to limit memory. The result does not depend on this.
    frames_together: int = 1024


SETTINGS = Settings()


@dataclass(frozen=True)
class Bands:
    """A clip in bands.

    Attributes:
        power: mean squares, ``[frames, bands]``.
        hz: the bands' centres.
        deviations: σ of noise in each band, in dB.
        hop_seconds: from frame to frame.
    """

    power: Values
    hz: Values
    deviations: Values
    hop_seconds: float

    @classmethod
    def of(cls, audio: Sound, sample_rate: float) -> Bands:
        """The bands of a clip, ``[samples]``."""
        stft = transform(sample_rate)
        hz = np.arange(stft.size // 2 + 1) * (sample_rate / stft.size)
        edges = edges_of(stft, sample_rate)
        n_frames, together = stft.n_frames(audio.shape[0]), SETTINGS.frames_together
        power = np.empty((n_frames, len(edges) - 1))

        def measure(first: int) -> None:
            stop = min(first + together, n_frames)
            bins = np.abs(stft.analyse(audio, first, stop)[:, : edges[-1]]) ** 2
            power[first:stop] = np.add.reduceat(bins, edges[:-1], axis=1)
            power[first:stop] *= 2
            power[first:stop] /= stft.size * float(np.sum(stft.window**2))

        each_in_threads(measure, range(0, n_frames, together))
        freedom = np.maximum(1.03 * np.diff(edges), 2)  # B T is a number of bins
        return cls(
            power=power,
            hz=np.array([max(hz[a:b].mean(), hz[1] / 2) for a, b in pairwise(edges)]),
            deviations=10 / np.log(10) * np.sqrt(2 / freedom),
            hop_seconds=stft.hop / sample_rate,
        )

    def before(self, values: Values, silence: float) -> Values:
        """The maximum shortly before each frame, ``[frames, n]``; there is silence at first."""
        first, last = SETTINGS.before
        earlier = np.concatenate([np.full((last, values.shape[1]), silence), values])
        # Ten times as fast as the maxima of `sliding_window_view`.
        highest: Values = earlier[: len(values)].copy()
        for later in range(1, last - first + 1):
            np.maximum(highest, earlier[later : later + len(values)], out=highest)
        return highest

    def added(self, frame: int, stop: int, rings_on: float) -> Values:
        """The mean power from a frame to ``stop``, without what rang before, ``[bands]``.

        It is 0 in bands that do not rise.

        Args:
            frame: where something is struck.
            stop: at least one frame is used.
            rings_on: the share of what rang before that is taken off.
        """
        first, last = SETTINGS.before
        own = self.power[frame : max(stop, frame + 1)]
        before = self.power[max(frame - last, 0) : max(frame - first + 1, 0)]
        rang = np.asarray(before.max(axis=0, initial=0), np.float64)
        rises = own[: SETTINGS.rise_hops].max(axis=0) > SETTINGS.risen * rang
        added: Values = np.where(rises, np.maximum(own.mean(axis=0) - rings_on * rang, 0), 0)
        return added


def transform(sample_rate: float) -> Stft:
    """The transform whose bins make the bands."""
    hop = max(round(SETTINGS.hop_seconds * sample_rate), 1)
    return Stft(SETTINGS.overlap * hop, hop)


def edges_of(stft: Stft, sample_rate: float) -> NDArray[np.intp]:
    """The first bin of each band, and the first above all."""
    hz = np.arange(stft.size // 2 + 1) * (sample_rate / stft.size)
    octaves = np.log2(SETTINGS.highest_hz / SETTINGS.lowest_hz)
    steps = np.arange(octaves * SETTINGS.per_octave + 1) / SETTINGS.per_octave
    edges = np.searchsorted(hz, [0, *(SETTINGS.lowest_hz * 2**steps)])
    return np.unique(np.minimum(edges, hz.size))
