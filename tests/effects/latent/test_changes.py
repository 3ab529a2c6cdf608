"""Changes of a latent: nothing changes by default, each does what it says, bad ones are refused."""

import numpy as np
import pytest

from effects.latent.attributes import Attributes
from effects.latent.changes import Changes

Z = np.random.default_rng(5).normal(size=(10, 120)).astype(np.float32)
MEAN, DEVIATION = np.full(120, 0.5, np.float32), np.full(120, 2, np.float32)
DIRECTIONS = np.eye(2, 120, dtype=np.float32)
KNOWN = Attributes(("more_notes", "higher"), DIRECTIONS, MEAN, DEVIATION)


def test_by_default_nothing_changes_not_even_a_bit():
    assert Changes().changes_nothing
    assert Changes(towards=np.zeros(120), towards_amount=0, seed=9).changes_nothing
    np.testing.assert_array_equal(Changes().apply(Z), Z)


@pytest.mark.parametrize(
    "change",
    [
        {"scale": 0.9},
        {"add": 0.1},
        {"max": 3},
        {"flatten": 0.5},
        {"shuffle": 0.5},
        {"noise": 0.1},
        {"towards": np.ones(120)},
        {"towards": "violin"},
        {"higher": -1},
    ],
)
def test_each_change_is_one(change):
    assert not Changes(**change).changes_nothing


def test_scaled_and_added():
    np.testing.assert_allclose(Changes(scale=2, add=1).apply(Z), 2 * Z + 1, rtol=1e-6)
    assert (Changes(scale=0).apply(Z) == 0).all()


def test_flat_windows_are_all_the_mean():
    flat = Changes(flatten=1).apply(Z)
    np.testing.assert_allclose(flat, np.tile(Z.mean(axis=0), (10, 1)), atol=1e-6)
    half = Changes(flatten=0.5).apply(Z)
    np.testing.assert_allclose(half, (Z + flat) / 2, atol=1e-6)


def test_all_the_way_towards_something_is_that():
    goal = np.linspace(-1, 1, 120)
    there = Changes(towards=goal, towards_amount=1).apply(Z)
    np.testing.assert_allclose(there, np.tile(goal, (10, 1)), atol=1e-6)


def test_elements_are_maxed_out_by_what_is_usual_for_them():
    assert (Changes(max=(7, 3)).apply(Z)[:, [3, 7]] == 3).all()
    maxed = Changes(max=(7, 3)).apply(Z, KNOWN)
    assert (maxed[:, [3, 7]] == 0.5 + 3 * 2).all()
    np.testing.assert_array_equal(np.delete(maxed, [3, 7], 1), np.delete(Z, [3, 7], 1))


def test_attributes_are_directions():
    there = Changes(higher=2, more_notes=-1).apply(Z, KNOWN)
    np.testing.assert_allclose(there - Z, np.tile([-1, 2, *[0] * 118], (10, 1)), atol=1e-6)
    with pytest.raises(ValueError, match="know no direction for 'longer'; they know: more_notes"):
        Changes(longer=1).apply(Z, KNOWN)
    with pytest.raises(ValueError, match="know no direction for 'longer'"):
        Changes(longer=1).apply(Z)


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_shuffled_windows_are_the_same_windows_elsewhere(share):
    changes = Changes(shuffle=share, seed=3)
    moved = changes.apply(Z)
    np.testing.assert_array_equal(moved, Z[changes.order(10)])
    assert sorted(map(tuple, moved)) == sorted(map(tuple, Z))
    assert (moved != Z).any(axis=1).sum() == 10 * share


def test_the_seed_draws_noise_and_order():
    for change in ({"noise": 0.3}, {"shuffle": 1.0}):
        one, again, other = (Changes(**change, seed=it).apply(Z) for it in (1, 1, 2))
        np.testing.assert_array_equal(one, again)
        assert (one != other).any()
    noise = Changes(noise=0.5).apply(Z) - Z
    assert noise.std() == pytest.approx(0.5, rel=0.1)


def test_a_single_window_cannot_change_places():
    np.testing.assert_array_equal(Changes(shuffle=1).apply(Z[:1]), Z[:1])


def test_a_name_must_be_found_first():
    with pytest.raises(ValueError, match="found the latent of 'violin'"):
        Changes(towards="violin").apply(Z)


def test_changes_can_be_compared():
    assert Changes(towards=np.ones(120), max=[2, 1]) == Changes(towards=[1.0] * 120, max=(1, 2))


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"scale": -0.1}, ValueError, "scale must be between 0 and 4, not -0.1"),
        ({"scale": float("nan")}, ValueError, "scale must be between"),
        ({"flatten": 1.1}, ValueError, "flatten must be between 0 and 1"),
        ({"higher": 9}, ValueError, "higher must be between -4 and 4"),
        ({"noise": -1}, ValueError, "noise must be between 0 and 4"),
        ({"shuffle": "all"}, TypeError, "shuffle must be a number, not 'all'"),
        ({"add": True}, TypeError, "add must be a number"),
        ({"max": 120}, ValueError, "max must be elements from 0 to 119, not 120"),
        ({"max": (-1,)}, ValueError, "max must be elements"),
        ({"max": (1.5,)}, TypeError, "max must be elements"),
        ({"max": "17"}, TypeError, "max must be elements"),
        ({"seed": -1}, ValueError, "seed must be a whole number from 0 up"),
        ({"seed": 1.0}, TypeError, "seed must be a whole number"),
        ({"towards": np.ones(96)}, ValueError, "towards must be 120 finite numbers, not 96"),
        ({"towards": np.full(120, np.nan)}, ValueError, "towards must be 120 finite numbers"),
        ({"towards": 3}, TypeError, "towards must be 120 numbers or a name"),
    ],
)
def test_what_is_refused(bad, error, message):
    with pytest.raises(error, match=message):
        Changes(**bad)
