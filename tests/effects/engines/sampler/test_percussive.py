"""The percussive part of a stem: what it keeps, and what it leaves to the notes."""

from dataclasses import replace

import librosa
import numpy as np
import pytest
from scipy.ndimage import median_filter
from support.players import RATE, decibels
from support.samplers import BRIGHT, DARK, strokes_of
from support.samplers import tune as tune_of
from support.sounds import noise, sine

from effects.engines.sampler import percussive as module
from effects.engines.sampler.percussive import Pass, percussive
from effects.running.cores import using

STROKES = [(0.2 + 0.4 * n, BRIGHT if n % 2 else DARK) for n in range(8)]
NOTES = [(0.05, 1.1, 60), (1.2, 1.0, 64), (2.3, 1.0, 55)]


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
def test_a_steady_tone_has_no_percussive_part(rate):
    tone = sine(440, 3, rate)
    inside = percussive(tone, rate)[:, rate:-rate]
    assert decibels(level(inside) / level(tone)) < -60


@pytest.mark.parametrize("rate", [22_050, 44_100])
def test_clicks_are_percussive(rate):
    clicks = np.zeros((1, 3 * rate), np.float32)
    clicks[0, rate // 2 :: rate // 2] = 1
    assert decibels(level(clicks - percussive(clicks, rate)) / level(clicks)) < -20


def test_strokes_beside_notes_are_told_from_them():
    strokes = strokes_of(STROKES, 3.5, RATE)
    notes = tune_of(NOTES, 3.5, RATE)
    notes *= np.float32(level(strokes) / level(notes))
    found = percussive((strokes + notes)[None], RATE)[0]
    # They were equally loud. What is wrong with either part is the same: found - strokes.
    assert decibels(level(found - strokes) / level(strokes)) < -10


def test_strokes_stay_where_they_are_between_the_channels():
    strokes = np.outer([1.0, -0.5], strokes_of(STROKES, 3.5, RATE)).astype(np.float32)
    stem = strokes + np.outer([0.2, 1.0], tune_of(NOTES, 3.5, RATE)).astype(np.float32)
    for found, wanted in zip(percussive(stem, RATE), strokes, strict=True):
        assert np.corrcoef(found, wanted)[0, 1] > 0.9


def test_a_long_stem_is_the_same_in_stretches_and_at_once(monkeypatch):
    stem = noise(7, 8000, channels=2)
    whole = percussive(stem, 8000)
    monkeypatch.setattr(module, "SETTINGS", replace(module.SETTINGS, together_seconds=1.0))
    np.testing.assert_allclose(percussive(stem, 8000), whole, atol=1e-7)


def test_a_pass_is_that_of_two_median_filters_and_a_wiener_mask(monkeypatch):
    hop, rate = 64, RATE
    one = Pass(1, time_seconds=9 * hop / rate, frequency_hz=5 * rate / (4 * hop), margin=0.5)
    settings = replace(module.SETTINGS, window_seconds=4 * hop / rate, passes=(one,))
    monkeypatch.setattr(module, "SETTINGS", settings)
    stem = (strokes_of(STROKES, 3.5, rate) + tune_of(NOTES, 3.5, rate)).astype(np.float64)
    spectra = librosa.stft(stem, n_fft=4 * hop, hop_length=hop)
    notes, strokes = (
        median_filter(np.abs(spectra), size, mode="nearest") for size in ((1, 9), (5, 1))
    )
    spectra *= strokes**2 / (strokes**2 + (0.5 * notes) ** 2 + 1e-30)
    wanted = librosa.istft(spectra, hop_length=hop, length=stem.size)
    found = percussive(stem.astype(np.float32)[None], rate)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize(("threads", "piece"), [(1, 1), (2, 1000), (3, 1 << 20)])
def test_the_bits_depend_neither_on_the_threads_nor_on_their_pieces(threads, piece, monkeypatch):
    stem = noise(1, 8000, channels=2)
    whole = percussive(stem, 8000)
    monkeypatch.setattr(module, "SETTINGS", replace(module.SETTINGS, piece=piece))
    with using(threads):
        np.testing.assert_array_equal(percussive(stem, 8000), whole)


@pytest.mark.parametrize("gain", [1e-12, 1e6])
def test_the_level_of_a_stem_does_not_matter(gain):
    stem = strokes_of(STROKES, 3.5, RATE)[None] + sine(440, 3.5, RATE)
    found = percussive(stem * np.float32(gain), RATE)
    np.testing.assert_allclose(found / gain, percussive(stem, RATE), atol=1e-5)


@pytest.mark.parametrize("rate", [100, 8000, 192_000])
@pytest.mark.parametrize("size", [0, 1, 10, 1000])
def test_short_and_silent_stems(rate, size):
    stem = noise(1, 8000, channels=2)[:, :size]
    found = percussive(stem, rate)
    assert found.shape == stem.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert not percussive(np.zeros_like(stem), rate).any()
