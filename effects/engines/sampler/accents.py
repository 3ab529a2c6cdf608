"""Where a clip is accented: onsets in whatever sounds, however dense.

`effects.engines.sampler.onsets` finds strokes, and nothing in noise. In a wall of guitars there are
no strokes by that measure, but there is a rhythm. So here longer windows are compared, and a rise
counts if it is high for its surroundings: it is a local maximum and exceeds the local mean by a
share of the highest rise, as librosa's ``onset_detect`` has it (Böck, Krebs & Schedl, *Evaluating
the online capabilities of onset detection methods*, ISMIR 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from effects.notes.basic_pitch import RATE
from effects.running.cores import each_in_threads
from effects.signal.arrays import Mono, Values
from effects.signal.stft import Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    Attributes:
        size: samples of a window, 93 ms, as librosa has it.
        hop: samples from one frame to the next, 11.6 ms.
        per_octave: bands of an octave. Not searched.
        lowest_hz: upper edge of the lowest band.
        range_db: bands softer than the highest level by more than this are silent, as in librosa.
        alone_seconds: an accent is the highest within so many seconds to either side, ...
        around_seconds: ... exceeds the mean over so many seconds, librosa's 200 ms, ...
        above: ... by this share of the highest rise. With librosa's 30 ms and 0.07, twice as many
            are found in a band's guitars as librosa finds; with these, about as many.
        late_seconds: an accent is so much later than the centre of the window in which levels rise
            most, since in dB they rise most when an onset enters the window. Measured: performances
            of real music that begin there have their own accents when the music has.
        together: frames at a time, to limit memory.
    """

    size: int = 2048
    hop: int = 256
    per_octave: int = 6
    lowest_hz: float = 60.0
    range_db: float = 80.0
    alone_seconds: float = 0.05
    around_seconds: float = 0.2
    above: float = 0.15
    late_seconds: float = 0.008
    together: int = 128


SETTINGS = Settings()


def accents(clip: Mono) -> list[float]:
    """The onsets of a clip, ``[samples]`` at 22.05 kHz, in seconds and in order."""
    rise = _rise(_levels_db(clip))
    hop = SETTINGS.hop / RATE
    alone, around = (round(it / hop) for it in (SETTINGS.alone_seconds, SETTINGS.around_seconds))
    highest = maximum_filter1d(rise, 2 * alone + 1)
    least = uniform_filter1d(rise, around) + SETTINGS.above * rise.max(initial=0)
    frames = np.flatnonzero((rise == highest) & (rise > least))
    seconds: list[float] = (frames * hop + SETTINGS.late_seconds).tolist()
    return seconds


def _rise(levels: Values) -> Values:
    """How much the levels rise from each frame to the next, in dB: the mean over the bands."""
    rises = np.zeros(len(levels))
    for first in range(1, len(levels), SETTINGS.together):
        differences = np.diff(levels[first - 1 : first + SETTINGS.together], axis=0)
        rises[first : first + SETTINGS.together] = np.maximum(differences, 0).mean(axis=1)
    return rises


def _levels_db(clip: Mono) -> Values:
    """The levels of the bands, ``[frames, bands]``."""
    stft = Stft(SETTINGS.size, SETTINGS.hop)
    edges = _edges(np.arange(stft.size // 2 + 1) * (RATE / stft.size))
    n_frames = stft.n_frames(clip.size)
    levels = np.empty((n_frames, len(edges)))

    def measure(start: int) -> None:
        stop = min(start + SETTINGS.together, n_frames)
        spectra = np.abs(stft.analyse(clip, start, stop)) ** 2
        widths = np.diff([*edges, spectra.shape[1]])
        power = np.add.reduceat(spectra, edges, axis=1) / widths
        levels[start:stop] = 10 * np.log10(power + 1e-20)

    each_in_threads(measure, range(0, n_frames, SETTINGS.together))
    np.maximum(levels, levels.max() - SETTINGS.range_db, out=levels)
    return levels


def _edges(hz: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """The first bin of each band."""
    octaves = np.log2(hz[-1] / SETTINGS.lowest_hz)
    steps = np.arange(octaves * SETTINGS.per_octave) / SETTINGS.per_octave
    return np.unique(np.searchsorted(hz, [0, *(SETTINGS.lowest_hz * 2**steps)]))
