"""The map: what is alike lies together, and the same pieces give the same map."""

import numpy as np
import pytest

from effects.latent.map import mapped


def pieces(seed=0):
    random = np.random.default_rng(seed)
    groups = random.normal(size=(3, 120)) * 3
    return [groups[it % 3] + random.normal(size=(1 + it % 4, 120)) * 0.2 for it in range(12)]


def test_pieces_of_a_kind_lie_together():
    places = mapped(pieces())
    assert places.shape == (12, 2)
    assert places.min() == 0
    assert places.max() == 1
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    same = np.arange(12)[:, None] % 3 == np.arange(12) % 3
    assert apart[same].max() < 0.3 * apart[~same].min()


def test_the_same_pieces_in_any_order_lie_where_they_lay():
    places = mapped(pieces())
    np.testing.assert_array_equal(places, mapped(pieces()))
    np.testing.assert_allclose(places[::-1], mapped(pieces()[::-1]), atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_pieces_that_are_all_alike_lie_in_the_middle(count):
    assert (mapped([np.ones((2, 120))] * count) == 0.5).all()


def test_two_pieces_lie_at_the_ends_and_none_nowhere():
    np.testing.assert_allclose(sorted(mapped(pieces()[:2]).tolist()), [[0, 0.5], [1, 0.5]])
    assert mapped([]).shape == (0, 2)
