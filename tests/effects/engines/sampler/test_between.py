"""Between a stem and its performance."""

import numpy as np
import pytest
from support.players import RATE, amplitude, decibels
from support.samplers import DULL, REED, spectral_distance, tune
from support.sounds import noise

from effects.engines.sampler.between import morph


@pytest.fixture
def two():
    """A tune in two timbres."""
    notes = [(0.1, 0.5, 60), (0.7, 0.5, 67)]
    return [tune(notes, 1.5, RATE, partials)[None] for partials in (DULL, REED)]


def test_at_0_a_morph_is_the_stem_and_at_1_the_performance(two):
    stem, played = two
    for strength, expected in ((0.0, stem), (1.0, played)):
        found = morph(stem, played, RATE, strength)
        assert found.shape == expected.shape
        assert found.dtype == np.float32
        error = np.sqrt(np.mean((found - expected) ** 2) / np.mean(expected**2))
        assert decibels(error) < -60


def test_a_morph_of_a_sound_with_itself_is_the_sound(two):
    for strength in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(morph(two[0], two[0], RATE, strength), two[0], atol=1e-4)


def test_a_morph_goes_from_one_to_the_other(two):
    stem, played = two
    sounds = [morph(stem, played, RATE, strength)[0] for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert np.all(np.diff([spectral_distance(it, stem[0]) for it in sounds]) > 0)
    assert np.all(np.diff([spectral_distance(it, played[0]) for it in sounds]) < 0)


def test_halfway_a_partial_has_the_mean_level_in_decibels():
    t = np.arange(RATE) / RATE
    loud, soft = (
        (0.3 * (np.sin(2 * np.pi * 440 * t) + gain * np.sin(2 * np.pi * 1320 * t)))
        for gain in (0.5, 0.005)
    )
    found = morph(loud[None].astype("f4"), soft[None].astype("f4"), RATE, 0.5)[0]
    inside = found[RATE // 4 : -RATE // 4]
    ratio = amplitude(inside, 1320) / amplitude(inside, 440)
    assert decibels(ratio) == pytest.approx(decibels(0.05), abs=1)


def test_the_channels_of_a_morph_stay_apart(two):
    stem, played = (np.vstack([it, 0 * it]) for it in two)
    found = morph(stem, played, RATE, 0.5)
    assert found[0].any()
    assert not found[1].any()


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_the_shortest_morphs(rate, size):
    stem, played = noise(1, rate, seed=1)[:, :size], noise(1, rate, seed=2)[:, :size]
    found = morph(stem, played, rate, 0.5)
    assert found.shape == stem.shape
    assert np.isfinite(found).all()
