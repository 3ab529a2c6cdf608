"""Do two songs meet: beats on beats, bars on bars, notes of one scale? By what a mask file says."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.mashup.songs import Known
from effects.signal.arrays import Values
from effects.warping.timeline import Passage, Timeline

NEAR_SECONDS = 0.07  # as in the F-measure of beat trackers (Davies, Degara & Plumbley 2009)
FASTEST = 4.0  # times as fast as it is: more than this is a jump


class Meeting(NamedTuple):
    """How two songs meet.

    Attributes:
        beat_ms: the median distance of beats, in milliseconds; NaN if there are none.
        beats: the share of beats within 70 ms.
        bars: the share of bars that begin within 70 ms; NaN if the songs' meters differ.
        key: 1 if both use the notes of one scale, else 0; NaN if that is not known.
    """

    beat_ms: float
    beats: float
    bars: float
    key: float


def meeting(a: Known, b: Known, a_heard: Timeline, b_heard: Timeline) -> Meeting:
    """How songs meet that are heard as timelines say.

    Of two songs, one may have twice as many beats as the other in the mashup. The beats that are
    judged are those of the song with fewer of them.
    """
    beats = _distances(moments(a_heard, a.beats), moments(b_heard, b.beats))
    bars = np.empty(0)
    if a.meter == b.meter and a.bars is not None and b.bars is not None:
        bars = _distances(moments(a_heard, a.bars), moments(b_heard, b.bars))
    key = float("nan")
    if a.pitch_set is not None and b.pitch_set is not None:
        apart = a.pitch_set + a_heard.semitones - b.pitch_set - b_heard.semitones
        key = float(apart % 12 == 0)
    return Meeting(
        1000 * float(np.median(beats)) if beats.size else float("nan"),
        _share(beats),
        _share(bars),
        key,
    )


def timeline_of(times: Values, song_seconds: Values, semitones: float) -> Timeline:
    """The timeline that frames of a mask file tell: a jump begins another passage.

    Args:
        times: of the frames, in seconds of the mashup, ``[frames]``.
        song_seconds: where in the song each comes from; NaN where it is not heard.
        semitones: how much higher the song is played.
    """
    steps = np.diff(song_seconds) / np.diff(times)
    goes_on = (steps > 0) & (steps < FASTEST)  # False for NaN
    edges = np.flatnonzero(np.diff(np.concatenate(([0], goes_on.astype(int), [0]))))
    passages = [
        Passage(times[first : last + 1], song_seconds[first : last + 1])
        for first, last in edges.reshape(-1, 2)
    ]
    return Timeline(tuple(passages), round(semitones))


def moments(heard: Timeline, song_seconds: Values) -> Values:
    """When moments of a song are heard in the mashup, rising; those never heard are left out."""
    found = []
    for it in heard.passages:
        inside = song_seconds[
            (song_seconds >= it.song_seconds[0]) & (song_seconds <= it.song_seconds[-1])
        ]
        found.append(np.interp(inside, it.song_seconds, it.out_seconds))
    return np.sort(np.concatenate(found)) if found else np.empty(0)


def _distances(a: Values, b: Values) -> Values:
    """How far the song with fewer moments is from the other, for each of these, in seconds.

    Only while both songs are heard: up to one of its own intervals before the other's first moment
    and after its last one.
    """
    few, many = sorted((_within(a, b), _within(b, a)), key=len)
    if not few.size or not many.size:
        return np.empty(0)
    at = np.clip(np.searchsorted(many, few), 1, max(len(many) - 1, 1))
    left, right = many[at - 1], many[np.minimum(at, len(many) - 1)]
    return np.minimum(np.abs(few - left), np.abs(few - right))


def _within(these: Values, others: Values) -> Values:
    if len(these) < 2 or not others.size:
        return these
    reach = float(np.median(np.diff(these))) / 2
    return these[(these >= others[0] - reach) & (these <= others[-1] + reach)]


def _share(distances: Values) -> float:
    return float(np.mean(distances <= NEAR_SECONDS)) if distances.size else float("nan")
