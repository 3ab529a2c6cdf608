"""Sound that is made stretch by stretch is used as an array is."""

import numpy as np
import pytest
from support.sounds import noise

from effects.signal.arrays import Stretches, less, samples_between
from effects.signal.downmix import at_unit_peak, downmix, mixed, polarity
from effects.signal.loudness import loudness, peak
from effects.signal.resample import streamed
from effects.signal.stft import Stft

RATE = 8000
SOUND, PART = noise(3, RATE, channels=3), 0.3 * noise(3, RATE, channels=3, seed=1)


@pytest.fixture
def made():
    return Stretches(SOUND.shape, lambda start, stop: SOUND[:, start:stop])


def test_it_has_a_shape_and_gives_stretches(made):
    assert made.shape == SOUND.shape
    assert len(made) == 3
    for at in (slice(5, 10), slice(None), slice(-5, None), slice(100, 10**9), slice(9, 5)):
        np.testing.assert_array_equal(made[:, at], SOUND[:, at])
    np.testing.assert_array_equal(np.asarray(made), SOUND)


def test_loudness_peak_spectra_and_downmix_are_those_of_the_array(made):
    assert loudness(made, RATE) == loudness(SOUND, RATE)
    assert peak(made) == peak(SOUND) == np.abs(SOUND).max()
    np.testing.assert_array_equal(downmix(made), downmix(SOUND))
    np.testing.assert_array_equal(samples_between(made, -5, 10), samples_between(SOUND, -5, 10))
    stft = Stft(64, 16)
    np.testing.assert_array_equal(stft.analyse(made, 0, 20), stft.analyse(SOUND, 0, 20))


def test_a_sound_less_a_part_of_it():
    np.testing.assert_array_equal(np.asarray(less(SOUND, PART)), SOUND - PART)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_one_channel_has_a_peak_of_1_or_that_of_another_sound(channels):
    sound = SOUND[:channels]
    unit = np.float32(np.abs(downmix(sound)).max())
    mono = mixed(sound)
    np.testing.assert_array_equal(np.asarray(at_unit_peak(mono)), downmix(sound) / unit)
    np.testing.assert_array_equal(np.asarray(at_unit_peak(mono, 4.0)), downmix(sound) / 4)


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8])
def test_the_downmix_has_the_same_bits_stretch_by_stretch(channels):
    sound = noise(20, RATE, channels=channels)
    whole, mono = downmix(sound), mixed(sound)
    for start, stop in (
        (0, 1),
        (5, 70_000),
        (65_536, 65_537),
        (131_000, 140_000),
        (0, 0),
        (65_536, 65_536),
    ):
        np.testing.assert_array_equal(mono[:, start:stop][0], whole[start:stop])
    weights = (polarity(sound) / channels).astype(np.float32)
    np.testing.assert_array_equal(whole, weights @ sound)


def test_silence_stays_silent():
    assert not np.asarray(at_unit_peak(mixed(np.zeros((1, 10), np.float32)))).any()


@pytest.mark.parametrize("length", [0, 1, 5, 24_000])
@pytest.mark.parametrize("target", [22_050, 4000, 8000])
def test_streamed_resampling_has_the_bits_of_resampling_at_once(length, target, monkeypatch):
    import soxr

    monkeypatch.setattr("effects.signal.resample.STRETCH", 999)
    sound = SOUND[0, :length]
    made = Stretches(sound.shape, lambda start, stop: sound[start:stop])
    wanted = soxr.resample(sound, RATE, target)
    np.testing.assert_array_equal(streamed(made, RATE, target), wanted)
