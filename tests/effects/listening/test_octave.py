"""Half and double tempi of beats that are known."""

import numpy as np
import pytest

from effects.listening.beat_network import Activations
from effects.listening.front_end import FRAMES_PER_SECOND as FRAMES
from effects.listening.octave import in_octave
from effects.listening.strokes import FRAMES_PER_SECOND as STROKES
from effects.listening.strokes import Strength

SECONDS = 20
TRUE = np.arange(0.1, SECONDS, 0.5)  # 120 BPM


def peaks(times, frames_per_second, level):
    out = np.zeros(round(SECONDS * frames_per_second), np.float32)
    out[np.rint(times * frames_per_second).astype(int)] = level
    return out


def heard():
    beat = peaks(TRUE, FRAMES, 0.9)
    return Activations(beat, np.zeros_like(beat), beat)


def strokes():
    """Strong ones on the beats, weak ones halfway between them."""
    rises = peaks(TRUE, STROKES, 1) + peaks(TRUE[:-1] + 0.25, STROKES, 0.4)
    return Strength(np.repeat(rises[:, None], 3, axis=1), np.ones((len(rises), 8), np.float32))


@pytest.mark.parametrize(
    "followed",
    [TRUE, TRUE[::2], TRUE[1::2], np.arange(0.1, SECONDS, 0.25)],
    ids=["as they are", "half", "the other half", "twice"],
)
def test_whatever_tempo_was_followed_the_beats_are_the_true_ones(followed):
    found = in_octave(followed, heard(), strokes(), SECONDS)
    assert found == pytest.approx(TRUE, abs=1e-6)


def test_of_few_beats_none_is_dropped():
    assert len(in_octave(TRUE[:4], heard(), strokes(), 2.0)) == 4
