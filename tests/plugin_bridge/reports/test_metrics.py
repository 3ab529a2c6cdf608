"""The figures that need no target: 0 for what is alike, and known values for what is not."""

import itertools

import librosa
import numpy as np
import pytest
from support.sounds import melody, noise, sine

from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.metrics import (
    FIGURES,
    f_measure,
    figures,
    loudness_difference,
    onset_distance,
    pitch_distance,
    timbre_distance,
)

RATE = 22_050


def clicks(times, seconds=3.0):
    """Short bursts of noise, faded."""
    clip = np.zeros((1, round(seconds * RATE)))
    burst = noise(0.05, RATE)[0] * np.linspace(1, 0, round(0.05 * RATE)) ** 2
    for time in times:
        start = round(time * RATE)
        clip[0, start : start + burst.size] = burst
    return clip


def brute_f_measure(found, wanted, tolerance):
    """The most matches over all ways to match."""
    short, long = sorted((found, wanted), key=len)
    best = max(
        sum(abs(a - b) <= tolerance for a, b in zip(short, chosen, strict=True))
        for chosen in itertools.permutations(long, len(short))
    )
    return 2 * best / (len(found) + len(wanted))


def test_a_clip_is_in_every_way_like_itself():
    clip = Sound(melody(1.5, RATE), RATE)
    found = figures(clip, clip, clip)
    assert list(found) == [figure.name for figure in FIGURES]
    assert list(found.values()) == pytest.approx([0] * len(FIGURES), abs=1e-9)


def test_silence_has_no_figures_but_onsets():
    clip, silence = Sound(melody(1.5, RATE), RATE), Sound(np.zeros((1, RATE), np.float32), RATE)
    found = figures(clip, clip, silence)
    assert (found["pitch"], found["onsets"]) == (1, 1)
    assert [found[name] for name in ("lsd_style", "timbre", "lsd_content", "loudness")] == [
        None
    ] * 4
    assert {**figures(silence, silence, silence), "onsets": None} == dict.fromkeys(found)


@pytest.mark.parametrize("rate", [8000, 192_000])
@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_any_length_and_rate_will_do(rate, seconds):
    clip = Sound(noise(seconds, rate, channels=2), rate)
    assert None not in figures(clip, clip, clip).values()


def test_timbre_is_its_definition():
    a, b = melody(2, 16_000, tilt=2), melody(2, 16_000, seed=1, tilt=0.5)
    means = []
    for clip in (a, b):
        mono = clip[0].astype(np.float64) / np.sqrt(np.mean(clip[0].astype(np.float64) ** 2))
        means.append(
            librosa.feature.mfcc(y=mono, sr=16_000, n_mfcc=13, n_fft=2048)[1:].mean(axis=1)
        )
    first, second = means
    wanted = 1 - first @ second / np.sqrt((first @ first) * (second @ second))
    assert timbre_distance(a, b, 16_000, 16_000) == pytest.approx(wanted, rel=1e-6)


def test_timbre_hears_colour_but_neither_level_nor_order():
    bright, dark = noise(2, RATE), np.cumsum(noise(2, RATE), axis=1)
    halves = np.concatenate([bright[:, RATE:], bright[:, :RATE]], axis=1)
    assert timbre_distance(bright, 0.01 * bright, RATE, RATE) == pytest.approx(0, abs=1e-4)
    assert timbre_distance(bright, halves, RATE, RATE) < 0.01
    assert timbre_distance(bright, dark, RATE, RATE) > 0.3


def test_pitches_that_stay_that_go_and_octaves():
    a = sine(440, 2, RATE)
    assert pitch_distance(0.1 * a, a, RATE, RATE) == pytest.approx(0, abs=1e-9)
    assert pitch_distance(sine(880, 2, RATE), a, RATE, RATE) < 0.05
    assert pitch_distance(sine(440 * 2**0.5, 2, RATE), a, RATE, RATE) > 0.95
    both = a + sine(440 * 2**0.5, 2, RATE)
    assert pitch_distance(both, a, RATE, RATE) == pytest.approx(0.5, abs=0.05)


def test_pitches_where_the_content_rests_do_not_count():
    a, rest = sine(440, 2, RATE), np.zeros((1, RATE))
    other = sine(440 * 2**0.5, 1, RATE)
    content, output = np.concatenate([a, rest], axis=1), np.concatenate([a, other], axis=1)
    assert pitch_distance(output, content, RATE, RATE) < 0.06
    assert pitch_distance(content, output, RATE, RATE) == pytest.approx(1 / 3, abs=0.06)


def test_onsets_that_stay_that_are_late_and_that_go():
    content = clicks([0.5, 1.0, 1.5, 2.0])
    assert onset_distance(clicks([0.52, 1.02, 1.52, 2.02]), content, RATE, RATE) == 0
    assert onset_distance(clicks([0.6, 1.1, 1.6, 2.1]), content, RATE, RATE) == 1
    assert onset_distance(clicks([0.5, 1.5]), content, RATE, RATE) == pytest.approx(1 / 3)
    assert onset_distance(np.zeros((1, RATE)), np.zeros((1, RATE)), RATE, RATE) == 0


def test_the_f_measure_has_the_most_matches_there_can_be():
    random = np.random.default_rng(0)
    for _ in range(200):
        found, wanted = (
            sorted(random.uniform(0, 1, random.integers(1, 6)).tolist()) for _ in range(2)
        )
        assert f_measure(found, wanted, 0.15) == brute_f_measure(found, wanted, 0.15)
    assert f_measure([], []) == 1
    assert f_measure([], [1.0]) == f_measure([1.0], []) == 0


def test_loudness_is_a_signed_difference():
    clip = noise(1, RATE)
    assert loudness_difference(clip / 2, clip, RATE, RATE) == pytest.approx(-6.02, abs=0.01)
    assert loudness_difference(clip, clip / 2, RATE, RATE) == pytest.approx(6.02, abs=0.01)
