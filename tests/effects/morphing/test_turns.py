"""Whose turn it is: B's part of each phrase grows, and the way there is even."""

from itertools import pairwise

import numpy as np
import pytest

from effects.morphing.turns import Turns


def beats(bpm, seconds=8.0, first=0.1):
    return np.arange(first, seconds, 60 / bpm)


def heard(a, b, at, seed=0):
    """How many onsets of A and of B are heard."""
    turns = Turns(a, b, seed)
    of_a, of_b = (np.array([turns.threshold(it) for it in starts]) for starts in (a, b))
    return int((of_a >= at).sum()), int((of_b < at).sum())


@pytest.mark.parametrize("seed", range(4))
def test_onsets_of_a_become_fewer_and_those_of_b_more(seed):
    a, b = beats(132), beats(90)
    ways = [heard(a, b, at, seed) for at in np.linspace(0, 1, 21)]
    assert ways[0] == (len(a), 0)
    assert ways[-1] == (0, len(b))
    assert all(one[0] >= two[0] and one[1] <= two[1] for one, two in pairwise(ways))


def test_each_has_its_share():
    a, b = beats(240), beats(100)
    for at in (0.25, 0.5, 0.75):
        of_a, of_b = heard(a, b, at)
        assert of_a + of_b == pytest.approx((1 - at) * len(a) + at * len(b), rel=0.12)
        assert of_a > 0
        assert of_b > 0


def test_in_every_phrase_there_is_something_of_both():
    a, b = beats(240), beats(200)
    turns = Turns(a, b, 0)
    for start in np.arange(0, 6, 0.5):
        own = [turns.threshold(it) < 0.5 for it in a if start <= it < start + 2]
        assert 0 < sum(own) < len(own)


def test_what_begins_at_nearly_the_same_time_begins_together():
    a, b = beats(120), beats(120, first=0.13)
    turns = Turns(a, b, 0)
    for at in (0.0, 0.3, 0.5, 1.0):
        one = [it + turns.shift(it, 0, at) for it in a]
        other = [it + turns.shift(it, 1, at) for it in b]
        np.testing.assert_allclose(one, other, atol=1e-9)
    assert turns.shift(float(a[3]), 0, 0.0) == 0.0
    assert turns.shift(float(b[3]), 1, 1.0) == 0.0


def test_nothing_is_as_even_as_it_can_be():
    assert 0 < Turns([], [], 0).threshold(1.0) < 1
    assert 0 < Turns([1.0], [], 0).threshold(1.0) < 1
    assert Turns([1.0], [], 0).shift(1.0, 0, 0.5) == 0.0
