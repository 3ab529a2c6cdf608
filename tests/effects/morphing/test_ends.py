"""Near the ends of a way, the pieces themselves."""

import numpy as np
import pytest

from effects.morphing.at import At
from effects.morphing.ends import put_back, share_of_b, weight_of_a
from effects.warping.timeline import Passage, Timeline

RATE = 1000.0


def timeline(*, ahead=0.0, speed=1.0):
    out = np.array([0.0, 4.0])
    return Timeline((Passage(out, speed * out + ahead),))


def sounds(seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (2, 2, 4000)).astype(np.float32)


def test_b_has_its_share_everywhere_and_at_the_ends_nothing_else_is_heard():
    x = np.linspace(0, 1, 101)
    own, other = weight_of_a(x), weight_of_a(1 - x)
    np.testing.assert_allclose((1 - own - other) * share_of_b(x) + other, x, atol=1e-12)
    assert own[0] == other[-1] == 1
    assert not own[20:].any()
    assert np.all((share_of_b(x) >= 0) & (share_of_b(x) <= 1))


@pytest.mark.parametrize("ahead", [0.0, 0.35])
def test_where_x_is_0_the_piece_is_put_back_bit_for_bit(ahead):
    out, own = sounds()
    before = out.copy()
    at = At((1.0, 2.0, 3.0), (1.0, 0.0, 0.0))
    put_back(out, own, 0, at, timeline(ahead=ahead), RATE)
    moved = round(ahead * RATE)
    np.testing.assert_array_equal(out[:, 2000 : 4000 - moved], own[:, 2000 + moved : 4000])
    np.testing.assert_array_equal(out[:, :1969], before[:, :1969])
    assert not np.array_equal(out[:, 1985], before[:, 1985])  # a fade leads there


def test_a_piece_at_another_tempo_is_not_put_back():
    out, own = sounds()
    before = out.copy()
    put_back(out, own, 0, At((0.0,), (0.0,)), timeline(speed=1.1), RATE)
    np.testing.assert_array_equal(out, before)


def test_a_single_moment_at_an_end_is_not_put_back():
    out, own = sounds()
    before = out.copy()
    put_back(out, own, 1, At((0.0, 4.0), (0.0, 1.0)), timeline(), RATE)
    np.testing.assert_array_equal(out, before)
