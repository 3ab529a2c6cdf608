"""True peaks against scipy's resampling, and sounds that are brought below a ceiling of them."""

import numpy as np
import pytest
from scipy.signal import resample_poly
from support.sounds import lufs, melody, noise, sine

from effects.signal.loudness import limit, match_loudness
from effects.signal.true_peak import STRETCH, Ceiling, ceiling_of, peaks_of

RATE = 44_100


def true_peak(audio):
    """The largest value of a sound sampled four times as often."""
    return max(np.abs(resample_poly(it, 4, 1)).max() for it in np.float64(audio))


def between_samples(seconds=1.0, *, level=1.0):
    """A sine at a quarter of the rate, whose samples lie 3 dB below its peaks: ``[1, samples]``."""
    n = np.arange(round(seconds * RATE))
    return (level * np.sin(np.pi * (n / 2 + 0.25))).astype(np.float32)[None]


SOUNDS = {
    "noise": lambda: noise(1, RATE, channels=2, level=0.3),
    "sine": lambda: sine(11_000, 1, RATE, level=0.9),
    "between": between_samples,
    "music": lambda: melody(3, RATE),
    "short": lambda: noise(0.001, RATE),
    "one sample": lambda: np.ones((1, 1), np.float32),
    "at a seam": lambda: np.pad(between_samples(0.01), ((0, 0), (STRETCH - 200, 9))),
}


@pytest.mark.parametrize("hop", [7, 44, 64])
@pytest.mark.parametrize("sound", SOUNDS)
def test_true_peaks_are_those_of_another_meter(sound, hop):
    audio = SOUNDS[sound]()
    found = peaks_of(audio, hop).true_above(0.0).max()
    assert 20 * np.log10(found / true_peak(audio)) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("level", [0.3, 0.8, 1.2])
def test_what_is_not_looked_at_is_below(level):
    audio = melody(3, RATE) * np.hanning(3 * RATE).astype(np.float32)
    every, some = peaks_of(audio, 44).true_above(0.0), peaks_of(audio, 44).true_above(level)
    np.testing.assert_array_equal(some[every > level], every[every > level])
    assert (some[every <= level] <= level).all()


def test_the_ceiling_is_full_scale_or_the_stems_own():
    assert ceiling_of(between_samples(level=0.9)) == Ceiling(1.0, 1.0)
    loud = ceiling_of(noise(0.1, RATE), between_samples(level=1.3))
    assert loud.sample == 1.0
    assert loud.true == pytest.approx(true_peak(between_samples(level=1.3)), rel=0.01)
    assert ceiling_of(np.zeros((1, 0), np.float32)) == Ceiling(1.0, 1.0)


@pytest.mark.parametrize("target", [-30.0, -14.0, -9.0, -5.0])
@pytest.mark.parametrize("sound", ["noise", "between", "music"])
def test_a_matched_sound_stays_below_a_true_ceiling(sound, target):
    audio = SOUNDS[sound]()
    match_loudness(audio, RATE, target, ceiling=Ceiling(1.0, 1.0))
    assert true_peak(audio) <= 1.0
    if target < -9:
        assert lufs(audio, RATE) == pytest.approx(target, abs=1)


def test_the_loudness_is_met_though_peaks_between_samples_are_limited():
    audio = noise(4, RATE, level=0.05)
    audio[:, ::4410] += np.float32(0.3)
    before = audio.copy()
    match_loudness(audio, RATE, -12.5, ceiling=Ceiling(1.0, 1.0))
    assert (
        true_peak(audio)
        <= 1.0
        < true_peak(before * np.float32(10 ** ((-12.5 - lufs(before, RATE)) / 20)))
    )
    assert lufs(audio, RATE) == pytest.approx(-12.5, abs=0.2)


def test_what_needs_no_limiting_has_the_same_bits():
    for target in (-40.0, -16.0):
        plain, true = (melody(3, RATE) for _ in range(2))
        match_loudness(plain, RATE, target, ceiling=1.0)
        match_loudness(true, RATE, target, ceiling=Ceiling(1.0, 1.0))
        np.testing.assert_array_equal(plain, true)
    audio = between_samples(level=0.97)
    assert not limit(audio, RATE, Ceiling(1.0, 1.0))
    np.testing.assert_array_equal(audio, between_samples(level=0.97))


def test_a_peak_between_samples_is_turned_down_where_it_is():
    audio = between_samples(3, level=0.5)
    audio[:, RATE : RATE + 4410] *= 3
    before = audio.copy()
    assert limit(audio, RATE, Ceiling(2.0, 1.0))
    assert 0.97 < true_peak(audio) <= 1.0
    far = np.r_[0 : RATE - 500, RATE + 5000 : 3 * RATE]
    np.testing.assert_array_equal(audio[:, far], before[:, far])
    assert np.abs(before).max() < 1.1
