"""Broken lines: steps made smooth, sums kept, stretches found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effects.signal.envelope import Envelope

FADE = 20


def runs_from(lengths, values):
    edges = np.cumsum([-FADE, *lengths])
    return [(int(a), int(b), v) for a, b, v in zip(edges, edges[1:], values, strict=False)]


def test_a_step_is_a_line_around_its_time():
    envelope = Envelope.smoothed([(-FADE, 100, 0.25), (100, 220, 0.75)], FADE)
    found = envelope.between(0, 200)
    np.testing.assert_array_equal(found[:91], 0.25)
    np.testing.assert_array_equal(found[110:], 0.75)
    np.testing.assert_allclose(found[90:111], np.linspace(0.25, 0.75, 21))


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=20),
    st.data(),
)
def test_it_is_the_mean_around_each_sample(lengths, data):
    values = data.draw(st.lists(st.floats(0, 1), min_size=len(lengths), max_size=len(lengths)))
    runs = runs_from(lengths, values)
    steps = np.zeros(runs[-1][1] + 4 * FADE)
    for start, stop, value in runs:
        steps[start + 2 * FADE : stop + 2 * FADE] = value
    # The mean of a function that is level between samples, so the sums of whole samples are exact.
    means = np.convolve(steps, np.ones(FADE), "valid") / FADE
    start = FADE // 2 - 2 * FADE  # where the first of the windows has its middle
    found = Envelope.smoothed(runs, FADE).between(start, start + len(means))
    np.testing.assert_allclose(found, means, atol=1e-8)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_weights_that_sum_to_1_still_do(lengths, draw):
    shares = [[draw.random() + 0.01 for _ in range(3)] for _ in lengths]
    shares = [[share / sum(three) for share in three] for three in shares]
    runs = [runs_from([*lengths, 2 * FADE], [three[k] for three in [*shares, shares[-1]]])
            for k in range(3)]  # fmt: skip
    total = sum(Envelope.smoothed(each, FADE).between(0, sum(lengths)) for each in runs)
    np.testing.assert_allclose(total, 1, atol=1e-8)


def test_stretches_are_merged_with_their_context_and_end_with_the_sound():
    envelope = Envelope.smoothed([(-FADE, 100, 1.0), (200, 300, 1.0), (900, 1100, 1.0)], FADE)
    assert envelope.stretches(1000) == [(0, 110), (190, 310), (890, 1000)]
    assert envelope.stretches(1000, context=50) == [(0, 360), (840, 1000)]
    assert envelope.stretches(150, context=5) == [(0, 115)]
    assert envelope.stretches(185) == [(0, 110)]


@pytest.mark.parametrize("points", [1, 2, 5])
def test_parts_are_those_of_the_whole(points):
    envelope = Envelope(np.arange(points) * 70.0 + 30, np.random.default_rng(0).random(points))
    whole = envelope.between(0, 500)
    np.testing.assert_array_equal(whole, envelope.at(np.arange(500.0)))
    for start, stop in [(0, 1), (0, 30), (29, 31), (30, 100), (99, 400), (310, 311), (499, 500)]:
        np.testing.assert_allclose(envelope.between(start, stop), whole[start:stop], atol=1e-12)


def test_scaling_is_in_place_and_leaves_what_is_at_1():
    audio = np.random.default_rng(0).normal(size=(2, 1000)).astype(np.float32)
    before = audio.copy()
    Envelope(np.array([100.0, 200.0]), np.array([1.0, 0.0])).scale(audio)
    np.testing.assert_array_equal(audio[:, :101], before[:, :101])
    np.testing.assert_allclose(audio[:, 150], before[:, 150] / 2)
    assert not audio[:, 200:].any()
