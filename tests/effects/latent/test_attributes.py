"""Directions of attributes: what moves along one changes by that, and nothing else does."""

import numpy as np
import pytest

from effects.latent.attributes import Attributes, beside, measure

RANDOM = np.random.default_rng(7)
#: 120 numbers that hang together, as trained latents' do not but might.
Z = (RANDOM.normal(size=(4000, 120)) @ RANDOM.normal(size=(120, 120)) / 8).astype(np.float32)
WEIGHTS = RANDOM.normal(size=(2, 120))
#: Two attributes that go together, too, and are not all that z holds.
VALUES = {
    "higher": 60 + 3 * Z @ WEIGHTS[0] + RANDOM.normal(size=4000),
    "longer": Z @ (WEIGHTS[0] + WEIGHTS[1]),
}


@pytest.fixture(scope="module")
def found():
    return measure(Z, VALUES)


def test_a_direction_is_one_deviation_of_its_attribute_and_none_of_another(found):
    truth = np.stack([3 * WEIGHTS[0], WEIGHTS[0] + WEIGHTS[1]])
    deviations = np.array([VALUES[it].std() for it in found.names])
    moved = found.directions @ truth.T / deviations
    np.testing.assert_allclose(moved, np.eye(2), atol=0.03)


def test_it_is_the_likeliest_such_change(found):
    precision = np.linalg.inv(np.cov(Z.T))

    def cost(it):
        return it @ precision @ it

    towards = found.direction("higher").astype(np.float64)
    plain = np.linalg.lstsq(np.stack([3 * WEIGHTS[0], WEIGHTS[0] + WEIGHTS[1]]), [1, 0])[0]
    plain *= VALUES["higher"].std()
    assert cost(towards) < 0.9 * cost(plain)


def test_the_means_of_z_are_kept(found):
    np.testing.assert_allclose(found.mean, Z.mean(0), atol=1e-5)
    np.testing.assert_allclose(found.deviation, Z.std(0), rtol=1e-5)


def test_windows_in_which_nothing_can_be_measured_are_left_out(found):
    holes = {name: it.copy() for name, it in VALUES.items()}
    holes["higher"][::50] = np.nan
    near = measure(Z, holes)
    np.testing.assert_allclose(near.directions, found.directions, atol=0.3)


def test_too_little_is_refused():
    with pytest.raises(ValueError, match=r"more than 120 windows .* not 100"):
        measure(Z[:100], {it: values[:100] for it, values in VALUES.items()})
    with pytest.raises(ValueError, match="longer is the same in all windows"):
        measure(Z, {**VALUES, "longer": np.ones(4000)})


def test_they_lie_beside_their_weights(found, tmp_path):
    assert beside(tmp_path / "own.npz") is None
    found.save(tmp_path / "own.attributes.npz")
    again = beside(tmp_path / "own.npz")
    assert again.names == found.names
    np.testing.assert_array_equal(again.directions, found.directions)
    (tmp_path / "own.attributes.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"own\.attributes\.npz' are damaged"):
        beside(tmp_path / "own.npz")


def test_nan_is_refused(tmp_path):
    bad = np.full((1, 120), np.nan, np.float32)
    with pytest.raises(ValueError, match="finite directions"):
        Attributes(("higher",), bad, bad[0], bad[0])
