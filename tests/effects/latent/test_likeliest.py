"""Strokes out of logits: as many as there should be, the likeliest, one for each step and key."""

import numpy as np
import pytest

from effects.latent.likeliest import Lengths, expected, likeliest
from effects.latent.roll import N_KEYS, SOUNDING, STRUCK, roll_of
from effects.notes.note import Note


def noise(windows=3, seed=0):
    shape = (windows, 32, N_KEYS, 2)
    return np.random.default_rng(seed).normal(-4, 2, shape).astype(np.float32)


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 20, 400), (5000, 3, 0)])
def test_each_window_has_as_many_as_it_should_and_no_cell_has_two(counts):
    found = likeliest(noise(), counts)
    windows = [it.step // 32 for it in found]
    most = 32 * N_KEYS
    assert [windows.count(it) for it in range(3)] == [min(it, most) for it in counts]
    assert len({(it.step, it.key) for it in found}) == len(found)
    assert found == sorted(found)
    assert all(it.steps >= 1 for it in found)


def test_the_likeliest_come_first():
    logits = noise(1)
    few, more = (likeliest(logits, [it]) for it in (10, 30))
    assert {(it.step, it.key) for it in few} <= {(it.step, it.key) for it in more}


def test_a_sure_score_comes_back():
    notes = [Note(0.5, 1.5, 60, 0.1, 1), Note(0.5, 1.0, 64, 0.1, 1), Note(3.75, 4.5, 67, 0.1, 1)]
    found = likeliest(16 * roll_of(notes, 8.0) - 8, [3, 0])
    assert [(it.step, it.key, it.steps) for it in found] == [(4, 60, 8), (4, 64, 4), (30, 67, 6)]


def test_a_stroke_between_two_steps_is_one():
    logits = np.full((1, 32, N_KEYS, 2), -9, np.float32)
    logits[0, 10:12, 30, STRUCK] = -0.5, -0.4
    logits[0, 20, 50, STRUCK] = -3
    assert {(it.step, it.key) for it in likeliest(logits, [2])} == {(11, 51), (20, 71)}
    assert len(likeliest(logits, [3])) == 3


def test_no_more_keys_at_once_than_may_be():
    found = likeliest(noise(1), [500], most_at_once=2)
    steps = [it.step for it in found]
    assert len(found) == 64
    assert max(steps.count(it) for it in range(32)) == 2


def test_the_expected_number_is_the_sum_of_the_chances():
    logits = np.full((2, 32, N_KEYS, 2), -30, np.float32)
    logits[1, 4, :6, STRUCK] = 0
    np.testing.assert_allclose(expected(logits), [0, 3], atol=1e-6)


def test_a_key_sounds_as_long_as_its_chances_have_it():
    logits = np.full((1, 32, N_KEYS, 2), -30, np.float32)
    logits[0, 1:3, 0, SOUNDING] = 0  # 1 + 1/2 + 1/4
    assert Lengths(logits).of(0, 21) == pytest.approx(1.75)
    assert Lengths(logits).of(31, 21) == 1
