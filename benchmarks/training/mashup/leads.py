"""Tunes over chords, for charts: MMA plays all but the lead."""

from __future__ import annotations

import random
from collections.abc import Sequence

import mido

from benchmarks.training.mashup.events import Event

# Nothing here was searched.
CHANNEL = 0  # MMA uses the upper channels
#: General MIDI programs (from 0) that lead, in groups that are drawn alike: keys, bells, organs,
#: guitars, distorted guitars, strings, voices, brass, saxophones and reeds, flutes, synthesisers.
PROGRAMS = (
    (0, 1, 2, 4, 5, 6),
    (8, 9, 10, 11, 12, 13, 15),
    (16, 17, 18, 19, 21, 22),
    (24, 25, 26, 27, 28, 105),
    (29, 30, 29, 30),
    (40, 41, 42, 45, 48, 110),
    (52, 53, 54, 85, 91),
    (56, 57, 59, 60, 61),
    (64, 65, 66, 67, 68, 69, 71),
    (72, 73, 74, 75, 77, 79),
    (80, 81, 82, 83, 84, 86, 87),
)
#: A bar's rhythm as shares of a beat; drawn anew for each beat.
BEATS = (
    (1,),
    (1,),
    (0.5, 0.5),
    (0.5, 0.5),
    (0.75, 0.25),
    (0.25,) * 4,
    (1 / 3,) * 3,
    (1.5, 0.5),
    (2,),
)


def tune(
    draw: random.Random, chords: Sequence[set[int]], scale: set[int], bar_seconds: float, beats: int
) -> list[Event]:
    """A tune over chords: notes of the chord on beats, steps of the scale between.

    Args:
        draw: the source of randomness.
        chords: the pitch classes of each bar.
        scale: the pitch classes between.
        bar_seconds: how long a bar is.
        beats: how many beats it has.
    """
    program = draw.choice(draw.choice(PROGRAMS))
    low = draw.randint(50, 72)
    key, rests, touch = low + 7, draw.choice((0.0, 0.05, 0.15)), draw.uniform(0.6, 1.0)
    doubled = draw.choice((0, 0, 0, 0, 12, -5, 4))
    events = [Event(0.0, mido.Message("program_change", channel=CHANNEL, program=program))]
    loud = draw.randint(70, 110)
    end = bar_seconds * len(chords)
    now, beat = 0.0, bar_seconds / beats
    while now < end - 0.1:
        for share in draw.choice(BEATS):
            chord = chords[min(int(now / bar_seconds + 1e-6), len(chords) - 1)]
            on_beat = abs(now / beat - round(now / beat)) < 0.01
            key = _next(draw, key, chord if on_beat else scale | chord, low)
            if draw.random() >= rests:
                held = min(share * beat * touch, end - now)
                for it in {key, key + doubled}:
                    events += _note(now, held, it, min(loud + draw.randint(-15, 15), 127))
            now += share * beat
            if now >= end - 0.1:
                break
    return sorted(events, key=lambda it: it.second)


def _next(draw: random.Random, key: int, classes: set[int], low: int) -> int:
    """A near key of some pitch classes, within an octave and a half above ``low``."""
    near = [it for it in range(key - 7, key + 8) if it % 12 in classes and low <= it <= low + 19]
    weights = [1 / (1 + abs(it - key)) if it != key else 0.3 for it in near]
    return draw.choices(near, weights)[0] if near else low + 7


def _note(start: float, seconds: float, key: int, velocity: int) -> list[Event]:
    on = mido.Message("note_on", channel=CHANNEL, note=key, velocity=velocity)
    return [
        Event(start, on),
        Event(start + seconds, mido.Message("note_off", channel=CHANNEL, note=key)),
    ]
