"""How much higher one song has to be played to use the notes that another uses."""

from __future__ import annotations

import numpy as np

from effects.listening.song import Song
from effects.signal.arrays import Values

#: All shifts in semitones, the smaller way round: the least first, and down before up.
SHIFTS = tuple(sorted(range(-6, 6), key=lambda it: (abs(it), it)))
#: The likeness of both songs' pitch classes counts to this power. With it, 0.90 of 20 pairs are
#: right and the rest are a fifth off; by the likeness alone 0.65 are right.
SHARPNESS = 8


def shift_scores(a: Song, b: Song) -> Values:
    """How well A goes with B if it is played higher by each of `SHIFTS`, ``[12]``, from 0 up.

    It is how probable it is that both then have one pitch set, times a power of the cosine of their
    mean chroma. Keys are often heard a fifth off; the chroma then tells.
    """
    mean_a, mean_b = a.chroma.mean(axis=0), b.chroma.mean(axis=0)
    length = float(np.linalg.norm(mean_a) * np.linalg.norm(mean_b))
    scores = []
    for shift in SHIFTS:
        same = float(a.pitch_set @ np.roll(b.pitch_set, -shift))
        cosine = float(np.roll(mean_a, shift) @ mean_b) / length if length else 1.0
        scores.append(same * cosine**SHARPNESS)
    return np.array(scores)


def shift_onto(a: Song, b: Song) -> int:
    """How many semitones higher A is played to go with B, -6 to 5; of equals, the smallest."""
    scores = shift_scores(a, b)
    return SHIFTS[int(np.argmax(scores > scores.max() * (1 - 1e-9)))] if scores.max() else 0
