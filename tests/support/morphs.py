"""Morphs as the tests of pictures need them: notes and strokes made by hand, and tones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effects.engines.sampler.strokes import Stroke
from effects.listening.song import Meter, Song
from effects.morphing.at import At
from effects.morphing.middle import Between, Middle, StrokeBetween
from effects.morphing.morphed import Morphed
from effects.morphing.piece import BOTH, TEXTURE, Piece
from effects.notes.note import Note
from effects.warping.timeline import Timeline

RATE = 22_050  # in Hz
BEAT_SECONDS = 0.5
TUNE = (60, 64, 67, 72, 71, 67, 65, 64)
OTHER_TUNE = (55, 60, 64, 65, 67, 69, 67, 60)
STILL = (Timeline(()), Timeline(()))  # nobody asks where moments of A and B come
COLOUR = (0.0,) * 10  # of every stroke


def a_note(beat, key, *, beats=0.9, level=0.1):
    """A note on a beat, counted from 0."""
    start = beat * BEAT_SECONDS
    return Note(start, start + beats * BEAT_SECONDS, float(key), level, 1.0)


def a_stroke(beat, brightness, *, level=0.2):
    """A stroke on a beat."""
    start = beat * BEAT_SECONDS
    return Stroke(start, start + 0.1, float(brightness), level, 1.0, COLOUR, 1.0)


def tones(notes, seconds, overtones):
    """What the notes sound like, ``[1, samples]``, with as many overtones."""
    t = np.arange(round(seconds * RATE)) / RATE
    audio = np.zeros_like(t)
    for note in notes:
        inside = (t >= note.start) & (t < note.end)
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        for n in range(1, overtones + 2):
            audio[inside] += 0.1 / n * np.sin(2 * np.pi * n * hz * t[inside])
    return audio[None].astype(np.float32)


def a_piece(name, keys, brightness, *, overtones=1, repeats=1):
    """A tune of a note each beat, and a stroke each second beat."""
    keys = keys * repeats
    notes = [a_note(n, key, level=0.02 + 0.08 * (n % 3) / 2) for n, key in enumerate(keys)]
    strokes = [a_stroke(n, brightness) for n in range(0, len(keys), 2)]
    audio = tones(notes, len(keys) * BEAT_SECONDS, overtones)
    return Piece(name, audio, RATE, BOTH, notes, strokes, None, None, None)


def a_song(bpm, seconds):
    """What is heard of a song with steady beats, the first at its beginning."""
    beats = np.arange(0, seconds, 60 / bpm)
    empty = np.zeros((len(beats) - 1, 12))
    return Song(
        **{"seconds": seconds, "beats": beats, "bars": np.arange(0, len(beats), 4)},
        **{"meter": Meter(4), "certainty": 0.9, "chroma": empty, "pitch_set": np.zeros(12)},
        **{"onsets": np.zeros((len(beats) - 1, 12, 3)), "levels": empty[:, :8]},
        sections=np.array([0]),
    )


def a_morph(x=0.5, *, names=("a.wav", "b.wav"), repeats=1, at=None):
    """A morph in which each third note is of both, each third A's or B's, by ``x``."""
    a = a_piece(names[0], TUNE, 60, overtones=1, repeats=repeats)
    b = a_piece(names[1], OTHER_TUNE, 100, overtones=6, repeats=repeats)
    notes = []
    for n, (one, other) in enumerate(zip(a.notes, b.notes, strict=True)):
        if n % 3 == 0:
            pitch = (1 - x) * one.pitch + x * other.pitch
            notes.append(Between(replace(one, pitch=pitch), x, one, other))
        elif n % 3 == 1:
            notes.append(Between(one, x, one, None) if x < 0.5 else Between(other, x, None, other))
        elif x == 0.5:
            notes.append(Between(replace(one, pitch=one.pitch + 12), x, None, None))
    half = len(a.strokes) // 2
    strokes = [StrokeBetween(it, x, it, None) for it in a.strokes[:half]]
    strokes += [StrokeBetween(it, x, None, it) for it in b.strokes[half:]]
    audio = (1 - x) * a.audio + x * b.audio
    report = {"why": "The tune of A <becomes> B's; a note in three is of both."}
    curve = At((0.0,), (float(x),)) if at is None else at
    return Morphed(audio, RATE, curve, Middle(notes, strokes), a, b, STILL, report)


def a_morph_of_textures():
    """A morph without a score."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 2 * RATE)).astype(np.float32)
    a = Piece("rain", noise, RATE, TEXTURE, (), (), None, None, None)
    b = Piece("$wind$", 0.5 * noise[:, :RATE], RATE, TEXTURE, (), (), None, None, None)
    return Morphed(noise, RATE, At((0.0,), (0.25,)), Middle((), ()), a, b, STILL, {})
