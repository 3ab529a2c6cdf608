"""What is played in the clips from which the note network learns.

Some tunes are those of ``benchmarks.quality.triplets``. Those written here are harder to hear:
faster, wider, with repeated and overlapping notes. All are drawn from a seed.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from benchmarks.quality.triplets import SCALES
from benchmarks.training.recording import Table
from presets.studio.score import Note, Score

SECONDS = 8.0  # of a clip
#: How likely each drum of a kit is hit on a sixteenth, by its General MIDI key; not searched.
DRUM_ODDS = {36: 0.3, 38: 0.2, 42: 0.5, 46: 0.1, 43: 0.08, 47: 0.08, 50: 0.08, 49: 0.05, 51: 0.2}


def table(score: Score) -> Table:
    """The notes of a score as a table."""
    rows = [(it.start, it.start + it.seconds, it.key, it.velocity) for it in score.notes]
    return np.array(rows, float).reshape(-1, 4)


def hard_tune(draw: random.Random, low: int, high: int, *, chords: float) -> Score:
    """A tune over up to 30 semitones, with short, repeated and overlapping notes.

    Args:
        draw: the source of randomness.
        low: the lowest key that may be used.
        high: the highest.
        chords: how likely two to six notes begin together, 0 to 1.
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
            chord |= {draw.choice(keys) for _ in range(draw.choice((1, 2, 2, 3, 3, 4, 5)))}
        level = min(max(level + draw.uniform(-20, 20), 25), 120)
        for key in sorted(chord):
            held = slot * touch * (draw.uniform(0.7, 1.3) if len(chord) > 1 else 1)
            velocity = round(min(max(level + draw.uniform(-12, 12), 1), 127))
            _release(notes, key, now)
            notes.append(Note(round(now, 3), max(round(held, 3), 0.07), key, velocity))
        now += slot
    return Score(tuple(sorted(notes)), SECONDS)


def hymn(draw: random.Random, low: int, high: int) -> Score:
    """Chords of two to six voices, one after the other without a rest.

    Each voice steps to a neighbour in the scale, or stays: then it is held on, or struck again.
    Voices may cross or meet.
    """
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    span = min(draw.randint(19, 40), high - low)
    low = draw.randint(low, high - span)
    keys = [key for key in range(low, low + span + 1) if (key - tonic) % 12 in scale]
    voices = sorted(draw.sample(range(len(keys)), min(draw.randint(2, 6), len(keys))))
    slot, holds = draw.uniform(0.3, 1.3), draw.choice((0.0, 0.5, 1.0))
    velocity, touch = draw.randint(50, 110), draw.uniform(0.85, 1.0)
    notes: dict[int, Note] = {}
    done: list[Note] = []
    now = 0.1
    while now < 6.5:
        long = min(slot * draw.choice((1, 1, 1, 0.5, 2)), 7 - now)
        kept = {}
        for key in sorted({keys[it] for it in voices}):
            begun = notes.get(key)
            if begun is not None and draw.random() < holds:
                kept[key] = replace(begun, seconds=round(now - begun.start + long * touch, 3))
            else:
                level = min(velocity + draw.randint(-10, 10), 127)
                kept[key] = Note(round(now, 3), round(long * touch, 3), key, level)
        done += [note for key, note in notes.items() if kept.get(key, note).start != note.start]
        done += [note for key, note in notes.items() if key not in kept]
        notes, now = kept, now + long
        steps = (-2, -1, -1, 0, 0, 1, 1, 2)
        voices = [min(max(it + draw.choice(steps), 0), len(keys) - 1) for it in voices]
    return Score(tuple(sorted([*done, *notes.values()])), SECONDS)


def riff(draw: random.Random, low: int, high: int) -> Score:
    """Power chords: a low note with its fifth, perhaps its octave, or alone; short or held."""
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    keys = [key for key in range(low, min(low + 22, high - 12)) if (key - tonic) % 12 in scale]
    beat, touch = 60 / draw.uniform(80, 180), draw.uniform(0.4, 1.0)
    place, now = draw.randrange(len(keys)), 0.1
    notes: list[Note] = []
    while now < 6.7:
        slot = min(beat * draw.choice((0.5, 0.5, 0.5, 1, 1, 2, 4)), 7 - now)
        if draw.random() < 0.6:
            place = draw.randrange(len(keys))
        for interval in draw.choice(((0,), (0, 7), (0, 7), (0, 7, 12), (0, 4, 7), (0, 12), (0, 5))):
            key, velocity = keys[place] + interval, draw.randint(60, 120)
            _release(notes, key, now)
            notes.append(Note(round(now, 3), round(max(slot * touch, 0.07), 3), key, velocity))
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
