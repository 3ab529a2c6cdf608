"""How the notes of a clip begin, and what becomes of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from effects.judging.frames import Frames, Vector

# Frames of 11.6 ms. Nothing here was searched.
APART = 7  # from one stroke to the next, at least
RISE_DB = 3.0  # of the mel spectrum's mean over three frames: less is no stroke
SHARE = 0.25  # of the greatest rise: less is none
BEFORE, AFTER = 4, 12  # a stroke, in which the note is loudest
LAGS = (2, 4, 8, 12, 17, 26, 34, 52)  # after that, at which its level is taken
LATER = (8, 17)  # after that, at which its cepstrum is taken
SHAPE = 13  # numbers of such a cepstrum
QUIETEST_DB, FAINTEST_DB = -40.0, -60.0  # of one note, and of the mean note


def strokes(frames: Frames) -> list[Vector]:
    """The mean note's level and colour over time, how fast it rises, and how many there are."""
    level, cepstra = frames.level, frames.cepstra[:, :SHAPE]
    rise = _rise(frames)
    begins = _begins(rise) or [int(level.argmax())]
    lasting = np.full((len(begins), len(LAGS)), np.nan)
    risen: list[int] = []
    shapes: dict[int, list[Vector]] = {lag: [] for lag in (0, *LATER)}
    for row, (begin, following) in enumerate(pairwise([*begins, len(level)])):
        first, last = max(begin - BEFORE, 0), min(begin + AFTER, following)
        top = first + int(level[first:last].argmax())
        end = max(following - 3, top + 1)
        risen.append(top - begin)
        for column, lag in enumerate(LAGS):
            if top + lag < end:
                lasting[row, column] = max(level[top + lag] - level[top], QUIETEST_DB)
        for lag, found in shapes.items():
            if top + lag < end:
                found.append(cepstra[top + lag])
    at_first = np.mean(shapes[0], axis=0)
    return [
        _mean_note(lasting),
        np.array([np.mean(risen), np.std(risen), np.log(len(begins))]),
        np.array([rise[begins].mean(), rise[begins].max()]),
        *(
            np.mean(shapes[lag], axis=0) - at_first if shapes[lag] else np.zeros(SHAPE)
            for lag in LATER
        ),
    ]


def _rise(frames: Frames) -> Vector:
    """By how many dB the bands rise over three frames, in the mean: ``[frames]``."""
    mel = frames.mel
    return np.pad(np.maximum(mel[3:] - mel[:-3], 0).mean(axis=1), (2, 1))


def _begins(rise: Vector) -> list[int]:
    """Where notes begin: the greatest rises that are `APART`."""
    found: list[int] = []
    for place in np.argsort(-rise, kind="stable"):
        if rise[place] < max(RISE_DB, SHARE * rise.max()):
            break
        if all(abs(place - it) >= APART for it in found):
            found.append(int(place))
    return sorted(found)


def _mean_note(lasting: Vector) -> Vector:
    """The level at each lag in the mean of ``[notes, lags]``; NaN is a note that has ended.

    Where no note lasts so long, the level goes on falling as it did.
    """
    known, mean = np.isfinite(lasting), np.zeros(len(LAGS))
    for column, lag in enumerate(LAGS):
        if known[:, column].any():
            mean[column] = lasting[known[:, column], column].mean()
        elif column:
            mean[column] = mean[column - 1] * lag / LAGS[column - 1]
    return np.maximum(mean, FAINTEST_DB)
