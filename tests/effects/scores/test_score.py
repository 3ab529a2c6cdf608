"""Scores that are built by hand: what cannot be played is refused where it is written."""

import math

import numpy as np
import pytest

from effects import Score
from effects.scores.parts import ScoreNote, ScoreStroke


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: ScoreNote(math.nan, 1.0, 60.0, 0.0), ValueError, "NaN"),
        (lambda: ScoreNote(0.0, 1.0, 60.0, math.inf), ValueError, "infinity"),
        (lambda: ScoreNote(2.0, 1.0, 60.0, 0.0), ValueError, "ends at 1 s"),
        (lambda: ScoreNote(0.0, 1.0, 440.0, 0.0), ValueError, "0 to 127, not 440"),
        (lambda: ScoreNote(0.0, 1.0, "C4", 0.0), TypeError, "real number"),
        (lambda: ScoreStroke(0.0, 36.5, 0.0), ValueError, "0 to 127, not 36.5"),
        (lambda: ScoreStroke(0.0, 36, math.nan), ValueError, "NaN"),
        (lambda: Score("melody", 4.0, [(0.0, 1.0, 60)]), TypeError, "ScoreNote"),
        (lambda: Score("tune", 4.0), ValueError, "melody"),
    ],
)
def test_what_cannot_be_played_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_lists_and_numpy_numbers_will_do():
    note = ScoreNote(np.float64(0.0), np.float32(1.0), np.int64(60), 0.0)
    stroke = ScoreStroke(0.0, np.int64(36), 0.0)
    score = Score("chords", 2.0, [note], [stroke])
    assert score == Score("chords", 2.0, (ScoreNote(0.0, 1.0, 60.0, 0.0),), (stroke,))
    assert score.to_midi()
