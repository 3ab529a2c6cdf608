"""The power of a clip in half octaves."""

import numpy as np
import pytest
from support.sounds import noise, sine

from effects.engines.sampler.bands import Bands


@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
@pytest.mark.parametrize("hz", [150.0, 440.0, 3000.0])
def test_a_tone_has_its_mean_square_in_its_own_band(rate, hz):
    bands = Bands.of(sine(hz, 1, rate, level=0.5)[0], rate)
    power = bands.power[20:-20].mean(axis=0)
    assert power.sum() == pytest.approx(0.5**2 / 2, rel=0.02)
    nearest = int(np.argmin(np.abs(np.log(bands.hz / hz))))
    assert power[max(nearest - 1, 0) : nearest + 2].sum() > 0.9 * power.sum()


def test_noise_deviates_as_much_as_the_formula_says():
    bands = Bands.of(noise(60, 44_100)[0], 44_100)
    found = np.std(10 * np.log10(bands.power[20:-20]), axis=0)
    many = bands.deviations < 3  # with few degrees of freedom the formula is a bound from below
    np.testing.assert_allclose(found[many], bands.deviations[many], rtol=0.2)
    assert np.all(found[~many] > 0.9 * bands.deviations[~many])


def test_what_rang_before_is_not_added_and_what_comes_is():
    rate = 44_100
    low, high = sine(200, 1, rate)[0], sine(5000, 1, rate)[0]
    high[: rate // 2] = 0
    bands = Bands.of(low + high, rate)
    frame = round(0.5 / bands.hop_seconds)
    added = bands.added(frame, frame + 28, 0.25)
    assert added[bands.hz < 1000].sum() < 1e-3 * added.sum()
    assert added.sum() == pytest.approx(0.5**2 / 2, rel=0.15)
