"""What is heard of a song: beats, bars, pitches, strokes, levels, sections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Values

#: Ranges of strokes in `Song.onsets`, in Hz: kick and bass; voices and snares; cymbals.
ONSET_EDGES_HZ = (0.0, 200.0, 2000.0, 11025.0)
#: Ranges of `Song.levels`, in Hz: octaves.
LEVEL_EDGES_HZ = (0.0, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 11025.0)
#: Less sure of its beats (`Song.certainty`), a song has hardly any. Not searched.
LEAST_CERTAINTY = 0.2
SUBDIVISIONS = 12  # of a beat in `Song.onsets`: divides into halves, thirds and quarters


@dataclass(frozen=True)
class Meter:
    """How beats make bars.

    Attributes:
        beats: of a bar: 4 in 4/4, 3 in 3/4, 2 in 6/8, whose beats are dotted quarters.
        parts: into how many notes a beat is divided: 2, or 3 in 6/8.
    """

    beats: int
    parts: int = 2

    @property
    def name(self) -> str:
        """As on a score: ``"4/4"``, ``"3/4"``, ``"6/8"``."""
        return f"{self.beats * 3}/8" if self.parts == 3 else f"{self.beats}/4"


@dataclass(frozen=True)
class Song:
    """A song as it is heard.

    Attributes:
        seconds: how long it is.
        beats: when they are, in seconds, ``[beats]``, rising, at least two. They go on at the
            nearest tempo before the first one that is heard and after the last: the first is less
            than a beat after 0, the last less than a beat before the end.
        bars: which beats begin a bar, ``[bars]``, rising indices of ``beats``; at least one.
        meter: how beats make bars.
        certainty: how sure the beats are, 0 to 1; below `LEAST_CERTAINTY` there is hardly a beat.
        chroma: how much of each pitch class sounds from each beat to the next, from C up,
            ``[beats - 1, 12]``; each row sums to 1, or is 0 where no pitch is heard.
        pitch_set: how probable it is that the song uses the notes of C major (or A minor), D flat
            major, and so on, ``[12]``, which sums to 1.
        onsets: how strong strokes are in each part of each beat, per range of
            `ONSET_EDGES_HZ`, ``[beats - 1, SUBDIVISIONS, 3]``, from 0 up; 1 is the song's mean.
        levels: the mean square from each beat to the next per range of `LEVEL_EDGES_HZ`,
            ``[beats - 1, 8]``.
        sections: which bars begin a section, ``[sections]``, rising indices of ``bars``; the first
            is 0.
    """

    seconds: float
    beats: Values
    bars: NDArray[np.intp]
    meter: Meter
    certainty: float
    chroma: Values
    pitch_set: Values
    onsets: Values
    levels: Values
    sections: NDArray[np.intp]

    @property
    def bpm(self) -> float:
        """Beats a minute: of the straight line through the beats."""
        slope = np.polyfit(np.arange(len(self.beats)), self.beats, 1)[0]
        return float(60 / slope)
