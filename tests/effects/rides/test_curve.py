"""Steps made smooth: where they hold, they hold exactly; in between they rise and fall evenly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effects.rides.curve import Curve, samples_of

N, FADE = 1000, 40


def curve(steps, fade=FADE, n=N):
    return Curve(steps, n, fade)


STEPS = st.lists(
    st.tuples(st.integers(FADE // 2 + 1, N - 1), st.floats(-100, 100)),
    max_size=8,
    unique_by=lambda it: it[0],
).map(lambda it: [(0, 0.125), *sorted(it)])


@settings(deadline=None)
@given(STEPS)
def test_far_from_steps_it_is_exactly_what_was_set(steps):
    samples = np.arange(N, dtype=float)
    found = curve(steps).at(samples)
    for (at, place), (following, _) in zip(steps, [*steps[1:], (2 * N, 0)], strict=True):
        held = found[at + FADE // 2 if at else 0 : max(following - FADE // 2, 0)]
        assert (held == place).all()


@settings(deadline=None)
@given(STEPS)
def test_it_is_the_running_mean_twice_over(steps):
    places = np.empty(3 * N)
    for at, place in steps:
        places[N + at if at else 0 :] = place
    window = np.ones(FADE // 2) / (FADE // 2)
    twice = np.convolve(np.convolve(places, window, "same"), window, "same")[N : 2 * N]
    found = curve(steps).at(np.arange(N) - 0.5)
    np.testing.assert_allclose(found, twice, atol=0.1 * (1 + np.ptp(places)) / FADE)


def test_a_step_is_an_s_without_corners():
    found = curve([(0, 0.0), (500, 1.0)]).at(np.arange(N, dtype=float))
    assert found[500] == pytest.approx(0.5)
    assert np.all(np.diff(found) >= 0)
    assert np.abs(np.diff(found, 2)).max() <= 4.1 / FADE**2


def test_what_changes_at_once_does_so_at_its_sample():
    found = curve([(0, 1.0), (500, 2.0)], fade=0).at(np.array([0, 499.0, 499.5, 500, 999]))
    assert found.tolist() == [1, 1, 1, 2, 2]


def test_it_is_known_where_it_moves():
    it = curve([(0, 0.0), (500, 1.0)])
    samples = np.arange(N, dtype=float)
    moving = samples[it.moves(samples)]
    assert (moving[0], moving[-1]) == (481, 519)
    assert sorted(it.edges) == [480, 520]
    assert it.span == 1
    assert curve([(0, 3.0)]).edges.size == 0
    assert not curve([(0, 3.0)]).moves(samples).any()


def test_a_change_lasts_a_multiple_of_4_samples_however_low_the_rate():
    assert samples_of(0.05, 44_100) == 2204
    assert samples_of(0.05, 8) == 4
