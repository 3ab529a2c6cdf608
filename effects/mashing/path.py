"""Which place of one song goes with each phrase of another, so that the music goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.listening.song import Song
from effects.mashing.mashability import Singles
from effects.signal.arrays import Values


@dataclass(frozen=True)
class Settings:
    """What counts how much, in bars of a perfect match. Nothing here was searched."""

    #: A jump costs so much: it pays if eight bars then match better by a quarter.
    jump: float = 2.0
    #: To begin, or go on after a jump, anywhere but at a phrase of A costs so much.
    within_phrase: float = 1.0
    #: Each bar line of B on which A has none costs so much: more than any match is worth.
    off_bar: float = 1.0
    #: A's phrases within its sections, in bars.
    phrase_bars: int = 4


SETTINGS = Settings()
_NEVER = -1e9  # the worth of what may not be


def best_path(total: Singles, a: Song, b: Song, phrases: Sequence[tuple[int, int]]) -> list[int]:
    """The beat of A at which each phrase of B begins: the best of all ways through A.

    Found by dynamic programming. A begins at a bar line and jumps to bar lines only. It ends before
    a phrase does only if it is shorter than the phrase.

    Args:
        total: how well each place goes with each phrase, ``[phrases, places]``.
        a: the song whose places they are.
        b: the song whose phrases they are.
        phrases: from which beat of B to which.
    """
    landing = _landing_costs(a)
    worth = np.full(len(a.chroma), 0.0)
    came_from: list[NDArray[np.intp]] = []
    before = 0
    for row, (start, stop) in enumerate(phrases):
        bars = (stop - start) / b.meter.beats
        gain = bars * total[row] - SETTINGS.off_bar * _off_bars(a, b, start, stop)
        if stop - start <= len(worth):
            gain[len(worth) - (stop - start) + 1 :] = _NEVER
        if row == 0:
            worth, origin = -landing, np.full(len(worth), -1)
        else:
            worth, origin = _moved(worth, landing, before)
        worth = worth + gain
        came_from.append(origin)
        before = stop - start
    place = int(np.argmax(worth))
    path = [place]
    for origin in came_from[:0:-1]:
        place = int(origin[place])
        path.insert(0, place)
    return path


def _moved(worth: Values, landing: Values, beats: int) -> tuple[Values, NDArray[np.intp]]:
    """The worth of each place after ``beats`` more, and the place that the way there came from.

    A goes on where it was, or jumps from the best place of all.
    """
    best = int(np.argmax(worth))
    jumped = worth[best] - SETTINGS.jump - landing
    went_on = np.full(len(worth), 2 * _NEVER)
    went_on[beats:] = worth[: max(len(worth) - beats, 0)]
    goes_on = went_on >= jumped
    origin = np.where(goes_on, np.arange(len(worth)) - beats, best)
    return np.where(goes_on, went_on, jumped), origin


def _landing_costs(a: Song) -> Values:
    """What it costs to begin at each beat of A: nothing at its phrases, all but at bar lines."""
    costs = np.full(len(a.chroma), -_NEVER)
    lines = a.bars[a.bars < len(costs)]
    number = np.arange(len(lines))
    section = np.searchsorted(a.sections, number, "right") - 1
    inside = (number - a.sections[section]) % SETTINGS.phrase_bars != 0
    costs[lines] = np.where(inside, SETTINGS.within_phrase, 0.0)
    return costs if len(lines) else np.zeros(len(costs))


def bars_match(a: Song, b: Song) -> bool:
    """Whether bars of one song can lie on bars of the other, one on one or on several."""
    return max(a.meter.beats, b.meter.beats) % min(a.meter.beats, b.meter.beats) == 0


def _off_bars(a: Song, b: Song, start: int, stop: int) -> Values:
    """On how many bar lines of a phrase of B there is none of A, from each place of A on.

    Where one song's bars are longer, they are divided as the other's are. Where bars do not match
    at all, it is 0 everywhere.
    """
    count = len(a.chroma)
    if not bars_match(a, b):
        return np.zeros(count)
    lines = b.bars[(b.bars >= start) & (b.bars < stop)] - start
    beats = np.arange(count + stop - start)
    line = np.searchsorted(a.bars, beats, "right") - 1
    since = beats - a.bars[np.maximum(line, 0)]  # negative before the first bar line
    off = since % min(a.meter.beats, b.meter.beats) != 0
    return np.asarray(sum((off[it : it + count] for it in lines), np.zeros(count)))
