"""Gains of two songs in a mashup are found, and what they do not explain is left out."""

import numpy as np
import pytest

from effects.mashing.own.gains import find_gains

SHAPE = (120, 96)


def sound(seed):
    """Spectra as of noise whose level changes from place to place."""
    rng = np.random.default_rng(seed)
    levels = np.exp(rng.standard_normal((SHAPE[0] // 4, SHAPE[1] // 4))).repeat(4, 0).repeat(4, 1)
    parts = rng.standard_normal((2, *SHAPE))
    return levels * (parts[0] + 1j * parts[1])


def areas():
    """A is heard in the upper half; B in the lower one, at half its amplitude."""
    high = np.arange(SHAPE[1]) >= SHAPE[1] // 2
    return np.broadcast_to(high * 1.0, SHAPE), np.broadcast_to(0.5 * ~high, SHAPE)


@pytest.mark.parametrize("loudness", [1e-3, 1.0, 30.0])
def test_the_gains_that_made_a_mashup_are_found_at_any_level(loudness):
    a, b = sound(1), sound(2)
    of_a, of_b = areas()

    found = find_gains(*(loudness * np.abs(it) for it in (of_a * a + of_b * b, a, b)))

    inside = np.abs(np.arange(SHAPE[1]) - SHAPE[1] // 2) > 3  # where a patch has one gain
    for gain, true in ((found.a, of_a), (found.b, of_b)):
        off = np.abs(gain - true)[:, inside]
        assert off.mean() < 0.06
        assert np.quantile(off, 0.95) < 0.2  # the rest: patches where one bin is all that sounds
    assert found.explained.min() > 0.9


def test_gains_are_found_in_clean_songs_beside_rests():
    a, b = (sound(it) for it in (1, 2))
    for it in (a, b):
        it[40:80] *= 1e-6  # as quiet as rests of a song that was not recorded
    of_a, of_b = areas()

    found = find_gains(*(np.abs(it) for it in (of_a * a + of_b * b, a, b)))

    assert found.share > 0.9


def test_songs_that_sound_together_are_told_apart_on_average():
    a, b = sound(1), sound(2)

    found = find_gains(*(np.abs(it) for it in (a + 0.5 * b, a, b)))

    assert np.median(found.a) == pytest.approx(1, abs=0.1)
    assert np.median(found.b) < 0.65


def test_gains_are_never_outside_0_to_1():
    for seed in range(5):
        found = find_gains(*(np.abs(sound(3 * seed + it)).astype(np.float32) for it in range(3)))

        assert min(found.a.min(), found.b.min()) >= 0
        assert max(found.a.max(), found.b.max()) <= 1


def test_other_songs_explain_little():
    related = find_gains(*(np.abs(it) for it in (sound(1), sound(1), sound(2))))
    unrelated = find_gains(*(np.abs(sound(it)) for it in (1, 2, 3)))

    assert related.share > 0.95
    assert unrelated.share < 0.6
    assert unrelated.explained.mean() < 0.5 < related.explained.mean()


def test_a_stretch_that_comes_from_elsewhere_is_left_out():
    a, b, other = sound(1), sound(2), sound(3)
    mashup = a + b
    mashup[:60] = other[:60]

    found = find_gains(*(np.abs(it) for it in (mashup, a, b)))

    assert found.explained[90:].mean() > 2 * found.explained[:30].mean()


def test_silence_is_not_explained():
    nothing = np.zeros(SHAPE, np.float32)

    found = find_gains(nothing, nothing, nothing)

    assert not found.explained.any()
    assert np.isfinite(found.a).all()
