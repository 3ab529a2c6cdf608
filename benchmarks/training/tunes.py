"""What is played in the clips from which the note network learns.

Some tunes are those of ``benchmarks.quality.triplets``. Those written here are harder to hear:
faster, wider, with repeated and overlapping notes. All are drawn from a seed.
"""

from __future__ import annotations

import random
from dataclasses import replace

from benchmarks.quality.triplets import SCALES
from presets.studio.score import Note, Score

SECONDS = 8.0  # of a clip
#: How likely each drum of a kit is hit on a sixteenth, by its General MIDI key; not searched.
DRUM_ODDS = {36: 0.3, 38: 0.2, 42: 0.5, 46: 0.1, 43: 0.08, 47: 0.08, 50: 0.08, 49: 0.05, 51: 0.2}


def hard_tune(draw: random.Random, low: int, high: int, *, chords: float) -> Score:
    """A tune over up to 30 semitones, with short, repeated and overlapping notes.

    Args:
        draw: the source of randomness.
        low: the lowest key that may be used.
        high: the highest.
        chords: how likely two to four notes begin together, 0 to 1.
    """
    now, level = 0.1, draw.uniform(45, 105)
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    span = min(draw.randint(12, 30), high - low)
    low = draw.randint(low, high - span)
    keys = [key for key in range(low, low + span + 1) if (key - tonic) % 12 in scale]
    beat, touch = 60 / draw.uniform(60, 170), draw.uniform(0.35, 1.25 if chords else 1.02)
    place, again = draw.randrange(len(keys)), draw.choice((0.0, 0.1, 0.4))
    notes: list[Note] = []
    while now < 6.8:
        slot = max(min(beat * draw.choice((0.25, 0.5, 0.5, 1, 1, 2, 3)), 7 - now), 0.09)
        if draw.random() < 0.1:
            now += slot
            continue
        if draw.random() > again:
            leap = draw.choice((-7, -4, -3, -2, -1, -1, 1, 1, 2, 3, 4, 7))
            place = min(max(place + leap, 0), len(keys) - 1)
        chord = {keys[place]}
        if draw.random() < chords:
            chord |= {draw.choice(keys) for _ in range(draw.randint(1, 3))}
        level = min(max(level + draw.uniform(-20, 20), 25), 120)
        for key in sorted(chord):
            held = slot * touch * (draw.uniform(0.7, 1.3) if len(chord) > 1 else 1)
            velocity = round(min(max(level + draw.uniform(-12, 12), 1), 127))
            _release(notes, key, now)
            notes.append(Note(round(now, 3), max(round(held, 3), 0.07), key, velocity))
        now += slot
    return Score(tuple(sorted(notes)), SECONDS)


def _release(notes: list[Note], key: int, now: float) -> None:
    """Shorten the last note of ``key`` to end 10 ms before ``now``, when it is struck again."""
    for number, note in reversed([*enumerate(notes)]):
        if note.key == key:
            if note.start + note.seconds > now - 0.01:
                shorter = max(round(now - note.start - 0.01, 3), 0.03)
                notes[number] = replace(note, seconds=shorter)
            return


def beat(draw: random.Random) -> Score:
    """A drum kit's pattern of sixteen steps, drawn once and repeated."""
    step, now = 60 / draw.uniform(70, 170) / 4, 0.05
    hits = {drum: [draw.random() < odds for _ in range(16)] for drum, odds in DRUM_ODDS.items()}
    notes = []
    for number in range(int((SECONDS - 0.5) / step)):
        for drum, steps in hits.items():
            if steps[number % 16]:
                notes.append(Note(round(now, 3), round(0.9 * step, 3), drum, draw.randint(40, 120)))
        now += step
    return Score(tuple(sorted(notes)), SECONDS)
