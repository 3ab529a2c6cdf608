"""When the moments of two pieces come in the one between them.

Beats of both are counted: beat u of A, at t_A(u) seconds, belongs with beat u of B. The lengths of
beats are mixed, so for a constant X

    t(u) = (1 - X) t_A(u) + X t_B(u),

from where that is 0. If X is a curve, lengths are mixed moment by moment,

    dt / du = (1 - X(t)) dt_A / du + X(t) dt_B / du,   t(u0) = 0,

which is the same where X stays, and goes at A's own pace where X is 0 and at B's where it is 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from effects.listening.song import LEAST_CERTAINTY, Song
from effects.morphing.at import At
from effects.signal.arrays import Values
from effects.warping.timeline import Passage, Timeline

#: How often X is looked at in each beat, if it is a curve. Not searched.
STEPS = 4
#: Moments nearer to one another than this, in seconds, are the same: rounding errors.
SAME_SECONDS = 1e-9
#: In place of a tempo that was asked for: the pieces lie together already.
TOGETHER = "together"


def times(
    a: Song | None, b: Song | None, at: At, seconds: float, tempo: str
) -> tuple[Timeline, Timeline]:
    """What of A is heard when, and what of B; each as far as the piece reaches.

    A's first bar begins with that of B's bars that begins at the nearest moment, so no piece is
    moved by more than half a bar.

    Args:
        a: its beats; None if they were not looked for.
        b: B's.
        at: how far from A to B, over time.
        seconds: how long the result is.
        tempo: ``"between"``; or ``"own"`` or `TOGETHER`: both are heard at their own times.
    """
    if a is None or b is None or reason_for_own_times(a, b, tempo):
        return _own(a, seconds), _own(b, seconds)
    beats_a, beats_b = _counted(a, b)
    out, beats = _mixed(beats_a, beats_b, at, seconds)
    of_a = _timeline(out, beats_a.at(beats), a.seconds, seconds)
    of_b = _timeline(out, beats_b.at(beats), b.seconds, seconds)
    # No rounding error there: the piece itself is heard.
    return (
        _own(a, seconds) if at.constant == 0 else of_a,
        _own(b, seconds) if at.constant == 1 else of_b,
    )


def reason_for_own_times(a: Song | None, b: Song | None, tempo: str) -> str | None:
    """Why both pieces are heard at their own times; None if they are not."""
    if tempo == "own":
        return "both keep their own tempo, as asked"
    if tempo == TOGETHER:
        return "both lie together as they are: they have most notes in common"
    for name, song in (("first", a), ("second", b)):
        if song is None or song.certainty < LEAST_CERTAINTY:
            return f"both keep their own tempo: the {name} piece has hardly a beat"
    return None


def beats_between(a: Song, b: Song, at: At, seconds: float) -> Values:
    """When the beats of the result are, in seconds, those of the faster piece if one was folded."""
    out, beats = _mixed(*_counted(a, b), at, seconds)
    whole = np.arange(math.ceil(beats[0]), math.floor(beats[-1]) + 1)
    found = np.interp(whole, beats, out)
    return np.asarray(found[found < seconds])


@dataclass(frozen=True)
class _Beats:
    """A song's beats, from which on they are counted.

    Attributes:
        seconds: when they are, rising, at least two. Before and after them, they go on at the
            tempo of the first or last.
        first: the number of the first of them; beat 0 begins a bar.
    """

    seconds: Values
    first: int

    def at(self, beats: Values) -> Values:
        """When these beats are, whole or not, in seconds."""
        numbers = self.first + np.arange(len(self.seconds))
        found = np.interp(beats, numbers, self.seconds)
        before = np.minimum(beats - numbers[0], 0) * (self.seconds[1] - self.seconds[0])
        after = np.maximum(beats - numbers[-1], 0) * (self.seconds[-1] - self.seconds[-2])
        return np.asarray(found + before + after)


def _counted(a: Song, b: Song) -> tuple[_Beats, _Beats]:
    """The beats of both, the slower one's divided while the tempos are more than sqrt 2 apart."""
    octaves = round(math.log2(a.bpm / b.bpm))
    parts_a, parts_b = 2 ** max(-octaves, 0), 2 ** max(octaves, 0)
    beats_a, beats_b = _divided(a, parts_a), _divided(b, parts_b)
    bar, start = b.meter.beats * parts_b, beats_a.at(np.zeros(1))[0]
    # Bars of B before its first one count as well: it may begin with an upbeat.
    moves = [0]
    for step in (1, -1):
        while _apart(beats_b, (moves[-1] + step) * bar, start) < _apart(
            beats_b, moves[-1] * bar, start
        ):
            moves.append(moves[-1] + step)
    return beats_a, replace(beats_b, first=beats_b.first - moves[-1] * bar)


def _apart(beats: _Beats, beat: int, seconds: float) -> float:
    return abs(float(beats.at(np.array([float(beat)]))[0]) - seconds)


def _divided(song: Song, parts: int) -> _Beats:
    """A song's beats, each divided into so many; its first bar begins at beat 0."""
    n_beats = len(song.beats)
    even = np.arange((n_beats - 1) * parts + 1) / parts
    return _Beats(np.interp(even, np.arange(n_beats), song.beats), -int(song.bars[0]) * parts)


def _mixed(a: _Beats, b: _Beats, at: At, seconds: float) -> tuple[Values, Values]:
    """Moments of the result from 0 to at least ``seconds``, and which beats are there."""
    step = 1.0 if at.constant is not None else 1 / STEPS
    beats = [_start(a, b, float(at(0.0)))]
    out = [0.0]
    chunk = 64  # beats at a time
    while out[-1] < seconds:
        first = math.floor(beats[-1] / step + SAME_SECONDS) + 1
        wanted = np.concatenate([beats[-1:], (first + np.arange(chunk / step)) * step])
        of_a, of_b = np.diff(a.at(wanted)), np.diff(b.at(wanted))
        for beat, long_a, long_b in zip(wanted[1:], of_a, of_b, strict=True):
            now = float(at(out[-1]))
            half = ((1 - now) * long_a + now * long_b) / 2
            now = float(at(out[-1] + half))
            out.append(float(out[-1] + (1 - now) * long_a + now * long_b))
            beats.append(float(beat))
    return np.array(out), np.array(beats)


def _start(a: _Beats, b: _Beats, at: float) -> float:
    """The beat, whole or not, at which (1 - X) t_A + X t_B is 0."""
    beats = np.arange(min(a.first, b.first) - 1, max(a.first, b.first) + 2, dtype=float)
    found = (1 - at) * a.at(beats) + at * b.at(beats)
    while found[0] > 0:
        beats = np.concatenate([[2 * beats[0] - beats[-1]], beats])
        found = (1 - at) * a.at(beats) + at * b.at(beats)
    while found[-1] < 0:
        beats = np.append(beats, beats[-1] + 1)
        found = (1 - at) * a.at(beats) + at * b.at(beats)
    return float(np.interp(0.0, found, beats))


def _timeline(out: Values, song: Values, song_seconds: float, seconds: float) -> Timeline:
    """A piece from its beginning to its end, as far as these are within the result."""
    low = max(0.0, float(np.interp(0.0, song, out, left=0.0)))
    high = min(seconds, float(np.interp(song_seconds, song, out, right=np.inf)))
    if high - low < SAME_SECONDS:
        return Timeline(())
    inner = out[(out > low + SAME_SECONDS) & (out < high - SAME_SECONDS)]
    nodes = np.array([low, *inner, high])
    heard = np.interp(nodes, out, song)
    same = np.abs(heard - nodes) < SAME_SECONDS
    return Timeline((Passage(nodes, np.where(same, nodes, heard)),))


def _own(song: Song | None, seconds: float) -> Timeline:
    """A piece at its own times."""
    end = seconds if song is None else min(song.seconds, seconds)
    return Timeline((Passage(np.array([0.0, end]), np.array([0.0, end])),))
