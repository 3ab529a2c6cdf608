"""One mask between two songs: as good as any other."""

import numpy as np
import pytest

from effects.mashing.one_mask import one_mask


def spectra(seed, shape=(2, 5, 6)):
    random = np.random.default_rng(seed)
    return (random.normal(size=shape) + 1j * random.normal(size=shape)).astype(np.complex64)


def error(mask, wanted, a, b):
    return np.sum(np.abs((1 - mask) * a + mask * b - wanted) ** 2, axis=0)


def test_no_other_mask_is_nearer():
    wanted, a, b = (spectra(it) for it in range(3))
    mask = one_mask(wanted, a, b)
    assert mask.shape == (5, 6)
    assert 0 <= mask.min() <= mask.max() <= 1
    least = error(mask, wanted, a, b)
    for other in np.linspace(0, 1, 101):
        assert (least <= error(other, wanted, a, b) + 1e-5).all()


def test_it_is_the_least_squares_solution_where_that_lies_within():
    wanted, a, b = (spectra(it) for it in range(3, 6))
    mask = one_mask(wanted, a, b)
    for at in np.ndindex(mask.shape):
        towards, missing = ((it[0] - it[1])[(slice(None), *at)] for it in ((b, a), (wanted, a)))
        system = np.concatenate([towards.real, towards.imag])[:, None]
        naive = np.linalg.lstsq(system, np.concatenate([missing.real, missing.imag]), rcond=None)
        assert mask[at] == pytest.approx(np.clip(naive[0][0], 0, 1), abs=1e-4)


def test_what_is_wanted_of_one_alone():
    a, b = spectra(0), spectra(1)
    np.testing.assert_allclose(one_mask(a, a, b), 0, atol=1e-6)
    np.testing.assert_allclose(one_mask(b, a, b), 1, atol=1e-6)
    np.testing.assert_allclose(one_mask(0.25 * a + 0.75 * b, a, b), 0.75, atol=1e-5)


def test_equal_songs_and_silence_have_any_mask():
    a = spectra(0)
    np.testing.assert_array_equal(one_mask(spectra(1), a, a), 0.5)
    np.testing.assert_array_equal(one_mask(0 * a, 0 * a, 0 * a), 0.5)
