"""Whether a song has the tempo that was followed, half of it, or twice.

All three fit what is heard. On beats, the networks are sure and strokes are strong; halfway between
them, the networks are silent, though strokes may be there. A weighted sum of logarithms decides, a
logistic choice between the tempo, its half from either beat, and its double.

Measured on 120 rendered songs, 32 of which are slower than 92 BPM or faster than 165: the tempo is
right in 0.87 of them in place of 0.79, with weights fitted to the other nine tenths each time; on
30 more, of 70 to 190 BPM, in 25 in place of 24. A prior for usual tempi finds no more.
"""

from __future__ import annotations

import numpy as np

from effects.listening.beat_network import Activations
from effects.listening.beat_path import FASTEST_BPM, SLOWEST_BPM
from effects.listening.beats import from_end_to_end
from effects.listening.front_end import FRAMES_PER_SECOND
from effects.listening.song import SUBDIVISIONS
from effects.listening.strokes import Strength, onsets
from effects.signal.arrays import Values

#: What speaks for a tempo: that there is a beat for the networks on its beats, and halfway between
#: them; strokes on them, and halfway. Fitted to those 120 songs with a penalty of half the sum of
#: the squares, of weights in standard deviations (1; 3 finds fewer).
WEIGHTS = np.array([2.9, -1.5, 5.8, 2.7])
OTHER_COST = 0.1  # of a tempo that was not followed, fitted with them
#: Added before the logarithms, so that silence is not infinitely unlikely. Not searched.
LEAST_LIKELY, LEAST_STROKE = 0.05, 0.1
FEWEST = 9  # beats; fewer say too little. Not searched.


def in_octave(beats: Values, heard: Activations, strokes: Strength, seconds: float) -> Values:
    """The same beats, every second one, or twice as many: in seconds, ``[beats]``, rising.

    Args:
        beats: as `find_beats` finds them.
        heard: what the networks have heard.
        strokes: of the song.
        seconds: how long the song is.
    """
    both = np.sort(np.concatenate([beats, _halfway(beats)]))
    others = [it for it in (beats[0::2], beats[1::2], both) if _possible(it)]
    fits = [_fit(beats, heard, strokes)] + [_fit(it, heard, strokes) - OTHER_COST for it in others]
    best = int(np.argmax(fits))
    return from_end_to_end(others[best - 1], seconds) if best else beats


def _possible(beats: Values) -> bool:
    if len(beats) < FEWEST:
        return False
    return bool(60 / FASTEST_BPM <= np.median(np.diff(beats)) <= 60 / SLOWEST_BPM)


def _fit(beats: Values, heard: Activations, strokes: Strength) -> float:
    of_parts = onsets(strokes, beats).mean(axis=(0, 2))
    struck = np.log(of_parts[[0, SUBDIVISIONS // 2]] + LEAST_STROKE)
    likely = [_likely(it, heard) for it in (beats, _halfway(beats))]
    return float(WEIGHTS @ np.concatenate([likely, struck]))


def _likely(times: Values, heard: Activations) -> float:
    """The mean logarithm of how likely there is a beat within 40 ms of each time."""
    frames = np.rint(times * FRAMES_PER_SECOND).astype(np.intp)
    around = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(heard.beat) - 1)
    return float(np.log(heard.beat[around].max(axis=1) + LEAST_LIKELY).mean())


def _halfway(beats: Values) -> Values:
    return (beats[:-1] + beats[1:]) / 2
