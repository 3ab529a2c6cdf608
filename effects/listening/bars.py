"""Which beats begin bars, and how many beats a bar has.

Three things speak for a downbeat: the networks' second answer, that the chord changes, and that
the bass strikes. Each alone finds it in 0.67 to 0.80 of rendered songs in 4/4, their sum in 0.83
(30 songs whose beats were right); the bass also tells bars of three from bars of four, which it
does in 48 of 50.

A bar of six eighths is either followed in dotted quarters, each of which has three parts, or in
quarters, three to a bar. In the latter case the middle of the bar is struck as its beats are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.listening.beat_network import Activations
from effects.listening.beats import from_end_to_end
from effects.listening.front_end import FRAMES_PER_SECOND
from effects.listening.song import SUBDIVISIONS, Meter
from effects.signal.arrays import Values

#: How much more a change of chords says than the other two. Chosen on 88 rendered songs: with 1,
#: 1.5, 2, 3, the bars of 64, 67, 69, 69 are right; of 30 more, with 1.5, 2, 3, those of 25, 25, 23.
CHORDS = 2.0
#: What it costs that a bar is cut short or made longer, in standard deviations of a beat's weight:
#: some six bars have to be better off with it. Not searched.
SLIP_COST = 10.0
#: Less contrast than this is no sign of bars of three: 4/4 is what most songs are in. It is in
#: standard errors; true bars of three have 3.2 to 6.2 (12 rendered songs).
LEAST_CONTRAST = 2.5
#: From this strength of the middle of three beats on, against the second and the third, they are
#: six eighths. Waltzes have up to 0.65, others 0.8 to 4 (18 rendered songs).
SIX_EIGHTHS = 0.72
#: A beat has three parts if both inner ones are struck so much more strongly than its half. Not
#: searched.
THREE_PARTS = 1.25
#: Such beats make 6/8 if bars of two have so much more contrast than bars of four, or else 4/4 with
#: triplets. Between 1.3 of a ballad and 1.7 of two songs in 6/8.
OF_TWO = 1.5


@dataclass(frozen=True)
class Bars:
    """Where bars begin.

    Attributes:
        begins: indices of the beats, ``[bars]``, rising; at least one.
        meter: how beats make bars.
        in_dotted: whether the bars are of three beats that should be two dotted ones: 6/8.
    """

    begins: NDArray[np.intp]
    meter: Meter
    in_dotted: bool = False


def find_bars(beats: Values, heard: Activations, chroma: Values, onsets: Values) -> Bars:
    """Which of the beats begin a bar.

    Args:
        beats: in seconds, ``[beats]``.
        heard: what the networks have heard.
        chroma: as `Song.chroma`.
        onsets: as `Song.onsets`.
    """
    weight = (
        _standard(_downbeats(beats, heard))
        + CHORDS * _standard(_changes(chroma))
        + _standard(np.log1p(onsets[:, 0, 0]))  # the bass, on the beat
    )
    twos, threes, fours = (_Fit.of(_standard(weight), it) for it in (2, 3, 4))
    if threes.contrast > max(fours.contrast, LEAST_CONTRAST):
        in_dotted = _middle_of_three(onsets, threes.begins) > SIX_EIGHTHS
        return Bars(threes.begins, Meter(2, 3) if in_dotted else Meter(3), in_dotted)
    if _has_three_parts(onsets) and twos.contrast > OF_TWO * fours.contrast:
        return Bars(twos.begins, Meter(2, 3))
    return Bars(fours.begins, Meter(4))


def in_dotted(
    beats: Values, begins: NDArray[np.intp], seconds: float
) -> tuple[Values, NDArray[np.intp]]:
    """Two dotted beats in place of each bar's three: their times, and which begin a bar.

    Args:
        beats: in seconds, ``[beats]``.
        begins: indices of those that begin a bar, ``[bars]``.
        seconds: how long the song is.
    """
    places = (begins[:, None] + np.array([0, 1.5])).ravel()
    numbers = np.arange(len(beats) + 2)
    further = np.append(beats, beats[-1] + (beats[-1] - beats[-2]) * np.array([1, 2]))
    times = np.interp(places, numbers, further)
    dotted = from_end_to_end(times[times < max(seconds, times[1] + 1e-9)], seconds)
    first = int(np.searchsorted(dotted, times[0] - 1e-9))  # so many were added before it
    return dotted, np.arange(first % 2, len(dotted), 2, dtype=np.intp)


@dataclass(frozen=True)
class _Fit:
    """How well bars of one length fit.

    Attributes:
        contrast: the mean weight of downbeats, in standard errors.
        begins: the downbeats.
    """

    contrast: float
    begins: NDArray[np.intp]

    @classmethod
    def of(cls, weight: Values, length: int) -> _Fit:
        """The best bars of so many beats; ``weight`` speaks for downbeats, ``[beats - 1]``."""
        places, total = _path(np.append(weight, 0.0), length)
        begins = np.flatnonzero(places == 0)
        if not len(begins):  # fewer beats than a bar has
            return cls(0.0, np.zeros(1, np.intp))
        # Of n beats with variance 1, the mean of the rest is bound to that of the downbeats.
        error = np.sqrt(len(begins) * (1 - 1 / length))
        return cls(float(total / error), begins)


def _path(weight: Values, length: int) -> tuple[NDArray[np.intp], float]:
    """The best place in its bar of each beat, ``[beats]``, and what downbeats weigh less slips."""
    best = np.zeros(length)
    before = np.empty((len(weight), length), np.intp)
    going_on = (np.arange(length) - 1) % length  # the place before each, without a slip
    for beat, gain in enumerate(weight):
        from_slip = int(best.argmax())
        slips = best[from_slip] - SLIP_COST > best[going_on]
        before[beat] = np.where(slips, from_slip, going_on)
        best = np.where(slips, best[from_slip] - SLIP_COST, best[going_on])
        best[0] += gain
    places = np.empty(len(weight), np.intp)
    place = int(best.argmax())
    total = float(best[place])
    for beat in range(len(weight) - 1, -1, -1):
        places[beat] = place
        place = before[beat, place]
    return places, total


def _middle_of_three(onsets: Values, begins: NDArray[np.intp]) -> float:
    """How strong strokes in the middle of bars of three beats are, against beats two and three."""
    whole = begins[begins + 3 <= len(onsets)]
    if not len(whole):
        return 0.0
    strokes = onsets.sum(axis=2)
    of_bars = np.mean([strokes[it : it + 3].ravel() for it in whole], axis=0)
    second, middle, third = (
        of_bars[it - 1 : it + 2].max() for it in np.array([2, 3, 4]) * SUBDIVISIONS // 2
    )
    return float(2 * middle / max(second + third, np.finfo(np.float64).tiny))


def _has_three_parts(onsets: Values) -> bool:
    mean = onsets.sum(axis=2).mean(axis=0)
    third, half = SUBDIVISIONS // 3, SUBDIVISIONS // 2
    return bool(min(mean[third], mean[2 * third]) > THREE_PARTS * mean[half])


def _downbeats(beats: Values, heard: Activations) -> Values:
    """How likely each beat is a downbeat for the networks, ``[beats - 1]``."""
    frames = np.rint(beats[:-1] * FRAMES_PER_SECOND).astype(np.intp)
    around = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(heard.downbeat) - 1)
    likely: Values = heard.downbeat[around].max(axis=1).astype(np.float64)
    return likely


def _changes(chroma: Values) -> Values:
    """How much the chords change at each beat: the distance of its chroma from that before."""
    changes: Values = np.linalg.norm(np.diff(chroma, axis=0, prepend=chroma[:1]), axis=1)
    return changes


def _standard(values: Values) -> Values:
    """The values with mean 0 and variance 1; all 0 if they are alike."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))
