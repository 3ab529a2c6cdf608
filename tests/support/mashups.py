"""Songs as they are heard, made without any sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.listening.song import LEVEL_EDGES_HZ, SUBDIVISIONS, Meter, Song

MAJOR = (0, 2, 4, 5, 7, 9, 11)
C_A_F_G = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))


def song(
    *,
    bpm: float = 120.0,
    bars: int = 32,
    meter: Meter = Meter(4),  # noqa: B008 - frozen
    chords: Sequence[Sequence[int]] = C_A_F_G,
    key: int = 0,
    first: float = 0.2,
    section_bars: int = 8,
    certainty: float = 0.9,
    seed: int = 0,
) -> Song:
    """A song with one chord a bar, over and over.

    Args:
        bpm: its tempo.
        bars: how many.
        meter: how beats make bars.
        chords: pitch classes, as in C major.
        key: semitones that all of it is higher.
        first: when its first beat is, which begins a bar, in seconds.
        section_bars: how many bars make a section.
        certainty: of its beats.
        seed: of its strokes.
    """
    count = bars * meter.beats
    random = np.random.default_rng(seed)
    chroma = np.full((count, 12), 0.1)
    for beat in range(count):
        chord = chords[beat // meter.beats % len(chords)]
        chroma[beat, [(it + key) % 12 for it in chord]] += 1
    pitch_set = np.full(12, 0.01)
    pitch_set[key % 12] = 0.89
    beats = first + np.arange(count + 1) * 60 / bpm
    lines = np.arange(0, count, meter.beats)
    return Song(
        seconds=float(beats[-1] + 0.3 * 60 / bpm),
        beats=beats,
        bars=lines,
        meter=meter,
        certainty=certainty,
        chroma=chroma / chroma.sum(axis=1, keepdims=True),
        pitch_set=pitch_set,
        onsets=random.gamma(1.0, 1.0, (count, SUBDIVISIONS, 3)),
        levels=random.gamma(2.0, 0.5, (count, len(LEVEL_EDGES_HZ) - 1)),
        sections=np.arange(0, bars, section_bars),
    )
