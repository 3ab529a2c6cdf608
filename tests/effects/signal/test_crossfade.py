"""Blends: loudness stays on the way from one sound to another, and each alone is untouched."""

import numpy as np
import pytest
from support.sounds import melody, noise

from effects.signal import crossfade
from effects.signal.crossfade import Blend
from effects.signal.envelope import Envelope

RATE = 22_050


def ramp(start, stop):
    """Weights that pass from one sound to another between two samples."""
    at = np.array([start, stop], np.float64)
    return Envelope(at, np.array([1.0, 0.0])), Envelope(at, np.array([0.0, 1.0]))


def blended(first, second, weights):
    result = Blend(*first.shape, RATE, weights)
    for sound, weight in zip((first, second), weights, strict=True):
        result.add(sound, 0, weight)
    return result.finish()


def level(audio):
    """In dB."""
    return 10 * np.log10(np.mean(audio.astype(np.float64) ** 2))


@pytest.mark.parametrize("channels", [1, 2])
def test_unlike_sounds_keep_their_level_on_the_way(channels):
    first, second = (noise(6, RATE, channels=channels, seed=seed) for seed in (1, 2))
    output = blended(first, second, ramp(RATE, 5 * RATE))
    for start in range(0, 6 * RATE, RATE // 2):
        part = slice(start, start + RATE // 2)
        assert level(output[:, part]) == pytest.approx(level(first[:, part]), abs=0.3)
    assert level(first) - level((first + second) / 2) > 2.5  # what there was to make up for


def test_like_sounds_are_not_made_louder():
    sound = melody(4, RATE)
    output = blended(sound, sound, ramp(RATE, 3 * RATE))
    np.testing.assert_allclose(output, sound, atol=1e-6)


def test_opposite_sounds_are_not_made_up_for_without_end():
    sound = noise(4, RATE)
    output = blended(sound, -sound, ramp(RATE, 3 * RATE))
    assert np.abs(output).max() <= 2 * np.abs(sound).max()


def test_a_sound_alone_is_untouched_up_to_the_next_node():
    first, second = noise(3, RATE, seed=1), noise(3, RATE, seed=2)
    output = blended(first, second, ramp(30_001, 31_000))
    hop = round(crossfade.HOP_SECONDS * RATE)
    np.testing.assert_array_equal(output[:, : 30_001 - hop], first[:, : 30_001 - hop])
    np.testing.assert_array_equal(output[:, 31_000 + hop :], second[:, 31_000 + hop :])


def test_a_quick_crossfade_does_not_dip():
    first, second = noise(3, RATE, seed=1), noise(3, RATE, seed=2)
    n, fade = round(1.5 * RATE), round(0.05 * RATE)
    output = blended(first, second, ramp(n - fade // 2, n + fade // 2))
    around = slice(n - fade // 5, n + fade // 5)
    assert level(output[:, around]) == pytest.approx(level(first), abs=1)


@pytest.mark.parametrize("length", [1, 2, 109, 110, 111, 5000])
@pytest.mark.parametrize("rate", [1, 100, 8000, RATE])
def test_any_length_and_rate(length, rate):
    sound = noise(1, 5000, channels=2)[:, :length]
    at = np.array([length * 0.2, length * 0.8 + 1])
    weights = [Envelope(at, np.array(values)) for values in ([1.0, 0.3], [0.0, 0.7])]
    result = Blend(2, length, rate, weights)
    result.add(sound, 0, weights[0])
    result.add(np.zeros_like(sound), 0, weights[1])
    output = result.finish()
    assert output.shape == sound.shape
    assert np.isfinite(output).all()


def test_silence_stays_silence():
    sound = np.zeros((1, RATE), np.float32)
    assert not blended(sound, sound, ramp(100, 9000)).any()


def test_parts_are_added_where_they_belong(monkeypatch):
    first, second = noise(2, RATE, seed=1), noise(2, RATE, seed=2)
    weights = ramp(20_000, 21_000)
    expected = blended(first, second, weights)
    monkeypatch.setattr(crossfade, "STRETCH", 1000)  # samples worked on together
    result = Blend(1, 2 * RATE, RATE, weights)
    result.add(first[:, :21_500], 0, weights[0])
    start = 19_500 // result.hop * result.hop
    result.add(second[:, start:], start, weights[1])
    np.testing.assert_allclose(result.finish(), expected, atol=1e-7)
