"""Sounds in their place: in time, and between the channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.players import RATE, RELAXED, note
from support.samplers import tune

from effects.engines.sampler import place


@RELAXED
@given(st.integers(-50, 150), st.integers(0, 100), st.integers(1, 3))
def test_what_is_placed_is_what_is_inside(start, size, channels):
    out = np.zeros((channels, 100), np.float32)
    sound, gains = np.arange(1, size + 1, dtype=np.float32), np.ones(channels, np.float32)
    place.place(out, sound, start, gains)
    wide = np.zeros(400, np.float32)
    wide[100 + start : 100 + start + size] = sound
    np.testing.assert_array_equal(out, np.tile(wide[100:200], (channels, 1)))


@pytest.mark.parametrize("gains", [[1, 0], [0, 1], [1, 1], [1, -1], [1, 0.25], [0.5, 1, 0, -1]])
def test_a_note_is_placed_between_the_channels_as_it_is_in_the_content(gains):
    audio = np.outer(gains, tune([(0.2, 0.5, 60)], 1, RATE)).astype(np.float32)
    found = place.pan(audio, RATE, note(0.2, 0.5, 60))
    expected = np.array(gains) / np.sqrt(np.mean(np.square(gains)))
    np.testing.assert_allclose(found * np.sign(found[0] or 1), expected, atol=0.02)
    assert float(np.mean(found**2)) == pytest.approx(1)


def test_of_two_notes_at_once_each_has_its_own_place():
    left, right = (tune([(0.2, 0.6, pitch)], 1, RATE) for pitch in (60, 66))
    audio = np.vstack([left + 0.1 * right, 0.1 * left + right])
    first = place.pan(audio, RATE, note(0.2, 0.6, 60))
    second = place.pan(audio, RATE, note(0.2, 0.6, 66))
    assert 5 < first[0] / first[1] < 20
    assert 5 < second[1] / second[0] < 20


def test_notes_beyond_the_end_and_in_silence_are_in_the_middle():
    audio = np.zeros((2, 1000), np.float32)
    for at in (0.0, 5.0):
        np.testing.assert_array_equal(place.pan(audio, RATE, note(at, 0.1, 60)), [1, 1])
