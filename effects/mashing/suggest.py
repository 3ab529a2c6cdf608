"""Which songs go with a song: ranked, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from effects.listening.song import LEAST_CERTAINTY, Song
from effects.mashing.alignment import align
from effects.mashing.explanation import change, shift
from effects.mashing.mashability import Match
from effects.mashing.pace import speed_for
from effects.mashing.path import bars_match

#: What an octave of tempo, and a semitone, take from a match. Not searched: with it, 10 % of tempo
#: are as bad as five semitones, and both are less than chords that differ.
TEMPO_COST, SEMITONE_COST = 0.4, 0.01
NO_BEAT_COST = 0.2  # not searched, either
#: From which on a part of the match is worth a word, good or bad. Not searched.
GOOD_HARMONY, BAD_HARMONY, GOOD_RHYTHM = 0.5, 0.2, 0.3
#: How much of their power two songs have in the same octaves, 0 to 1, if one leaves room for the
#: other, or if both are in each other's way. Not searched.
ROOM, CROWD = 0.6, 0.85


@dataclass(frozen=True)
class Suggestion:
    """A song that may be the bed for A.

    Attributes:
        name: of the song.
        match: how well A goes with it where it fits best.
        score: by which songs are ranked, up to 1: the match, less what has to be changed of A.
        tempo_change: of A, 1.04 for 4 % faster.
        semitones: how much higher A is played.
        why: in a few words.
    """

    name: str
    match: Match
    score: float
    tempo_change: float
    semitones: int
    why: str


def suggest(a: Song, songs: Mapping[str, Song]) -> list[Suggestion]:
    """How well A goes over each of the songs, the best first; of equals, in order of their names.

    Args:
        a: the song whose lead is heard.
        songs: by name.
    """
    found = [_judged(a, name, song) for name, song in songs.items()]
    return sorted(found, key=lambda it: (-it.score, it.name))


def _judged(a: Song, name: str, b: Song) -> Suggestion:
    plan = align(a, b)
    has_beat = min(a.certainty, b.certainty) >= LEAST_CERTAINTY
    speed = speed_for(a, b.bpm) if has_beat else 1.0
    up = plan.a.semitones
    cost = TEMPO_COST * abs(math.log2(speed)) + SEMITONE_COST * abs(up)
    cost += 0 if has_beat else NO_BEAT_COST
    words = [*_changes(a, b, speed, up, has_beat), *_sounds(a, b, plan.match)]
    return Suggestion(name, plan.match, plan.match.total - cost, speed, up, "; ".join(words))


def _changes(a: Song, b: Song, speed: float, up: int, has_beat: bool) -> Iterator[str]:
    yield shift(up) if up else "same notes"
    if not has_beat:
        yield "hardly a beat"
        return
    yield change(speed) if change(speed) != change(1) else "same tempo"
    if not bars_match(a, b):
        yield f"{a.meter.name} on {b.meter.name}"


def _sounds(a: Song, b: Song, match: Match) -> Iterator[str]:
    if match.harmony >= GOOD_HARMONY:
        yield "chords agree"
    elif match.harmony < BAD_HARMONY:
        yield "chords differ"
    if match.rhythm >= GOOD_RHYTHM:
        yield "strokes fall together"
    shared = _shared(a, b)
    if shared < ROOM:
        yield "sparse where A is busy"
    elif shared > CROWD:
        yield "busy where A is"


def _shared(a: Song, b: Song) -> float:
    """How much of their amplitudes both songs have in the same octaves, from 0 to 1."""
    parts = (np.sqrt(it.levels.mean(axis=0)) for it in (a, b))
    x, y = (it / max(float(it.sum()), 1e-12) for it in parts)
    return float(np.minimum(x, y).sum())
