"""Near its ends, a morph becomes the piece that it comes from: a performance is not the piece.

Let c be the share of the piece A itself, from 1 where X = 0 down to 0 where X is `REACH`. In dB,
the middle is A, A as its grains play it, and B as its grains play it, with the weights

    (1 - X) c,   (1 - X) (1 - c),   X,

so that B has its share X as it has everywhere. That is a mix of the piece with the weight (1 - X) c
and of a performance in which B's sounds have the share

    X / (1 - (1 - X) c),

which is what the performance is to be mixed with. With B, it is the same the other way round.

Where X is 0, A is heard bit for bit, if it is heard there at its own tempo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from effects.morphing.at import At
from effects.morphing.given import Given
from effects.morphing.hybrid import Curve, hybrid
from effects.signal.arrays import Audio, Values, samples_between
from effects.warping.timeline import Passage, Timeline
from effects.warping.warp import warped

#: Up to this X the piece itself is heard: the prototype's number, not searched.
REACH = 0.2
#: From the piece itself, bit for bit, to what comes before and after it, in seconds. Not searched.
FADE_SECONDS = 0.03
#: A piece is warped from so long before it is heard on, in seconds: the length of a spectrum.
AROUND_SECONDS = 0.2
#: X is looked at so often, in seconds, to find where the ends are. Not searched.
STEP_SECONDS = 0.01
#: A piece is at its own tempo if it is not off by more than this anywhere, in seconds: less than
#: two strokes need to be heard as two. Not searched.
SAME_SECONDS = 0.002


def weight_of_a(x: Values) -> Values:
    """The weight of the piece A itself, (1 - X) c, where X is ``x``."""
    return np.asarray((1 - x) * np.clip(1 - x / REACH, 0, 1))


def share_of_b(x: Values) -> Values:
    """The share that B's sounds have in the performance, beside A's; see the module."""
    left = 1 - weight_of_a(x) - weight_of_a(1 - x)
    return np.asarray(np.divide(x - weight_of_a(1 - x), left, out=np.round(x), where=left > 1e-9))


def with_ends(
    middle: Audio,
    a: Given,
    b: Given,
    at: At,
    times: tuple[Timeline, Timeline],
    tick: Callable[[], object],
) -> Audio:
    """The performance, ``[channels, samples]``, with the pieces themselves near the ends.

    Args:
        middle: the performance, at `effects.morphing.given.EQUAL_LUFS`.
        a: a piece.
        b: the other.
        at: how far from A to B.
        times: what of A and of B is heard when.
        tick: called now and then; what it raises ends the work.
    """
    rate = a.piece.sample_rate
    for given, timeline, side in ((a, times[0], 0), (b, times[1], 1)):

        def weight(seconds: Values, side: int = side) -> Values:
            tick()
            x = at(seconds)
            return weight_of_a(x if side == 0 else 1 - x)

        near = _near(timeline, weight, middle.shape[1] / rate)
        if near.passages:
            itself = warped(given.sound, rate, near, middle.shape[1])
            middle = hybrid(middle, itself, rate, weight, None)
    return middle


def _near(timeline: Timeline, weight: Curve, seconds: float) -> Timeline:
    """What of a timeline is near the piece's own end."""
    moments = np.arange(0, seconds + STEP_SECONDS, STEP_SECONDS)
    found = []
    for start, stop in _runs(weight(moments) > 0):
        span = moments[start] - AROUND_SECONDS, moments[stop - 1] + AROUND_SECONDS
        found += [it for passage in timeline.passages for it in _cut(passage, *span)]
    return Timeline(tuple(found), timeline.semitones)


def _runs(inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """From where to where (exclusive) it is so; two that are hardly apart are one."""
    apart = round(2 * AROUND_SECONDS / STEP_SECONDS)
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(inside).tolist():
        if found and at - found[-1][1] <= apart:
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return found


def _cut(passage: Passage, start: float, stop: float) -> Iterator[Passage]:
    """The part of a passage from ``start`` to ``stop``, if there is any."""
    out, song = passage.out_seconds, passage.song_seconds
    first, last = max(start, float(out[0])), min(stop, float(out[-1]))
    if last - first > STEP_SECONDS:
        inner = out[(out > first) & (out < last)]
        nodes = np.array([first, *inner, last])
        yield Passage(nodes, np.interp(nodes, out, song))


def put_back(out: Audio, own: Audio, side: int, at: At, timeline: Timeline, rate: float) -> None:
    """Where X is exactly ``side``, the piece itself, in place, with fades around it.

    Args:
        out: the result, ``[channels, samples]``, with the rate and channels of the piece.
        own: the piece as it was given.
        side: 0 for A, 1 for B.
        at: X.
        timeline: what of the piece is heard when.
        rate: in Hz.
    """
    samples, fade = out.shape[1], round(FADE_SECONDS * rate)
    for start, stop in _exact(at, side, samples / rate):
        moved = _moved(timeline, start, stop)
        if moved is None:
            continue
        first, last = max(round(start * rate), 0), min(round(stop * rate) + 1, samples)
        early, late = max(first - fade, 0), min(last + fade, samples)
        there = round(moved * rate)
        itself = samples_between(own, early + there, late + there)
        gain = np.ones(late - early, np.float32)
        gain[: first - early] = np.linspace(0, 1, first - early, endpoint=False)
        gain[last - early :] = np.linspace(1, 0, late - last + 1)[1:]
        mixed = gain * itself + (1 - gain) * out[:, early:late]
        out[:, early:late] = np.where(gain == 1, itself, mixed)


def _exact(at: At, side: int, seconds: float) -> list[tuple[float, float]]:
    """From when to when X is exactly ``side``."""
    points = [(0.0, float(at(0.0)))]
    points += [it for it in zip(at.seconds, at.values, strict=True) if 0 < it[0] < seconds]
    points.append((seconds, float(at(seconds))))
    spans = [(a[0], b[0]) for a, b in pairwise(points) if a[1] == b[1] == side]
    found: list[tuple[float, float]] = []
    for start, stop in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        elif stop > start:
            found.append((start, stop))
    return found


def _moved(timeline: Timeline, start: float, stop: float) -> float | None:
    """By how many seconds the piece is ahead of the result from ``start`` to ``stop``.

    None if it has another tempo there, or is not heard.
    """
    moments = np.linspace(start, stop, max(round((stop - start) / STEP_SECONDS), 2))
    found = timeline.at(moments) - moments
    found = found[np.isfinite(found)]
    if not found.size or np.ptp(found) > SAME_SECONDS:
        return None
    return float(np.median(found))
