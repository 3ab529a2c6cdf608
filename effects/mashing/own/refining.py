"""The exact place of a mashup in a song: by its strokes, to some milliseconds.

A place is a straight line, song seconds = begin + ratio * mashup seconds, for a mashup is made at
one tempo. Its ratio comes first, from all strokes together; then short windows say how early or
late the line is at each moment, and a line through these, robust to those that err, is added.
"""

from __future__ import annotations

import numpy as np

from effects.mashing.own.traces import RATE, STROKE
from effects.signal.arrays import Values

FRAME_SECONDS = STROKE.hop / RATE
#: How far the rough place may be off at its anchor: a frame of 93 ms and a half, and what a wrong
#: ratio adds within a chunk.
ROUGH_SECONDS = 0.2
RATIO_STEPS = 25  # tried from one end of the rough ratio's error to the other
#: Windows of so many seconds, each half over the next, and how far they may be off: twice, the
#: second time to make sure. Not searched.
WINDOW_SECONDS = 6.0
PASSES_SECONDS = (0.08, 0.03)


def refine(
    mashup: Values,
    song: Values,
    ratio: float,
    anchor_seconds: float,
    song_seconds: float,
    *,
    most_ratio_error: float,
) -> tuple[float, float]:
    """The exact ratio and begin in seconds of a place that is roughly known.

    Args:
        mashup: its strokes, ``[ranges, frames]``, as `traces.strokes` gives them.
        song: the song's, in the ranges where the mashup has them.
        ratio: how much faster the mashup plays the song, within ``most_ratio_error``.
        anchor_seconds: a moment of the mashup.
        song_seconds: the moment of the song that is heard there, within `ROUGH_SECONDS`.
        most_ratio_error: as a share of ``ratio``.
    """
    times = _times(mashup)
    lags = _lags(ROUGH_SECONDS)
    best = (-np.inf, ratio, 0.0)
    for tried in ratio * (1 + most_ratio_error * np.linspace(-1, 1, RATIO_STEPS)):
        line = song_seconds + tried * (times - anchor_seconds)
        alike = _alike(mashup, song, line, tried, lags).sum(1)
        best = max(best, (float(alike.max()), float(tried), float(lags[alike.argmax()])))
    _, ratio, lag = best
    begin = song_seconds + ratio * (lag - anchor_seconds)
    for most in PASSES_SECONDS:
        ratio, begin = _straightened(mashup, song, ratio, begin, most)
    return ratio, begin


def _times(rows: Values) -> Values:
    """Of its frames, in seconds."""
    return np.arange(rows.shape[1], dtype=np.float64) * FRAME_SECONDS


def _lags(most_seconds: float) -> Values:
    """Whole frames up to ``most_seconds`` either way, in seconds of the mashup."""
    most = round(most_seconds / FRAME_SECONDS)
    return np.arange(-most, most + 1, dtype=np.float64) * FRAME_SECONDS


def _alike(mashup: Values, song: Values, line: Values, ratio: float, lags: Values) -> Values:
    """The products of strokes at each lag, ``[lags, frames]``, if the song is so much later."""
    ranges = range(len(mashup))
    moments = line / FRAME_SECONDS
    frames = np.arange(song.shape[1])
    found = np.zeros((len(lags), mashup.shape[1]))
    for number, lag in enumerate(lags):
        at = moments + ratio * lag / FRAME_SECONDS
        for it in ranges:
            found[number] += mashup[it] * np.interp(at, frames, song[it], left=0, right=0)
    return found


def _straightened(
    mashup: Values, song: Values, ratio: float, begin: float, most_seconds: float
) -> tuple[float, float]:
    """The line, corrected by how late it is in each window."""
    times = _times(mashup)
    lags = _lags(most_seconds)
    alike = _alike(mashup, song, begin + ratio * times, ratio, lags)
    size = min(round(WINDOW_SECONDS / FRAME_SECONDS), len(times))
    starts = np.arange(0, len(times) - size + 1, max(size // 2, 1))
    late, sure = np.array([_peak(alike[:, at : at + size].sum(1), lags) for at in starts]).T
    middles = (starts + size / 2).astype(np.float64) * FRAME_SECONDS
    slope, height = _robust_line(middles, late, sure)
    return ratio * (1 + slope), begin + ratio * height


def _peak(alike: Values, lags: Values) -> tuple[float, float]:
    """The lag of the highest value, between frames by a parabola, and how high it is."""
    at = int(alike.argmax())
    height = max(float(alike[at]), 0.0)
    if not 0 < at < len(alike) - 1:  # the end of the range is no peak
        return float(lags[at]), 0.0
    before, here, after = alike[at - 1 : at + 2]
    bend = before - 2 * here + after
    between = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(lags[at] + between * FRAME_SECONDS), height


def _robust_line(x: Values, y: Values, weights: Values) -> tuple[float, float]:
    """Slope, and height at 0, of the line by weighted least squares of 1 / distance.

    Ten rounds of reweighting, which is nearly the line of least absolute distances.
    """
    if not weights.any():
        return 0.0, 0.0
    wanted = 2 if np.count_nonzero(weights) > 2 else 1
    columns = np.stack([np.ones_like(x), x])[:wanted]
    again = weights.copy()
    line = np.zeros(2)
    for _ in range(10):
        root = np.sqrt(again)
        line[:wanted] = np.linalg.lstsq((columns * root).T, y * root, rcond=None)[0]
        distance = np.abs(y - line[:wanted] @ columns)
        again = weights / np.maximum(distance, FRAME_SECONDS / 4)
    return float(line[1]), float(line[0])
