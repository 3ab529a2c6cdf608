"""The log-spectral distance against its own definition, and what it must and must not hear."""

import librosa
import numpy as np
import pytest

from plugin_bridge.reports.distance import log_spectral_distance

RATE = 16_000


def noise(seconds=1.0, rate=RATE, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (1, int(seconds * rate)))


def naive(a, b):
    """The definition, one band and one frame at a time, of clips at 16 kHz."""
    pictures = []
    for clip in (a, b):
        mono = clip.mean(axis=0) / np.sqrt(np.mean(clip.mean(axis=0) ** 2))
        spectrum = np.abs(librosa.stft(mono, n_fft=2048, hop_length=512)) ** 2
        mel = librosa.filters.mel(sr=16_000, n_fft=2048, n_mels=128) @ spectrum
        pictures.append(np.maximum(10 * np.log10(mel), 10 * np.log10(mel.max()) - 80))
    first, second = pictures
    bands = []
    for row_a, row_b in zip(first, second, strict=True):
        bands.append(np.sqrt(np.mean([(p - q) ** 2 for p, q in zip(row_a, row_b, strict=True)])))
    return np.mean(bands)


def test_it_is_its_definition():
    a, b = noise(), np.diff(noise(seed=1), append=0)
    assert log_spectral_distance(a, b, RATE, RATE) == pytest.approx(naive(a, b), rel=1e-4)


def test_a_clip_is_at_no_distance_from_itself_at_another_level():
    assert log_spectral_distance(noise(), 0.01 * noise(), RATE, RATE) == pytest.approx(0, abs=1e-4)


def test_it_is_symmetric_and_hears_the_colour():
    a, same, dark = noise(), noise(seed=1), np.cumsum(noise(seed=2), axis=1)
    assert log_spectral_distance(a, dark, RATE, RATE) == log_spectral_distance(dark, a, RATE, RATE)
    assert log_spectral_distance(a, dark, RATE, RATE) > log_spectral_distance(a, same, RATE, RATE)


def test_clips_are_cut_to_the_shorter_and_to_one_rate():
    long = np.concatenate([noise(), np.zeros((1, RATE))], axis=1)
    assert log_spectral_distance(long, noise(), RATE, RATE) == pytest.approx(0, abs=1e-6)
    tone = [np.sin(2 * np.pi * 440 * np.arange(rate) / rate)[None] for rate in (16_000, 44_100)]
    assert log_spectral_distance(*tone, 16_000, 44_100) < 3


def test_silence_has_no_distance():
    with pytest.raises(ValueError, match="silent"):
        log_spectral_distance(noise(), np.zeros((1, RATE)), RATE, RATE)
