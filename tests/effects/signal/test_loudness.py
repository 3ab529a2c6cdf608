"""Loudness against an independent meter; levels matched, peaks limited and rests kept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import lufs, melody, noise, sine

from effects.signal import loudness as module
from effects.signal.loudness import keep_rests, limit, loudness, match_loudness, peak

RATES = (22_050, 44_100, 48_000, 96_000, 192_000)


def bursts(rate, seconds=3.0):
    """Music with rests and a quiet passage, which gating leaves out."""
    audio = melody(seconds, rate, seed=1)
    n = audio.shape[1]
    audio[:, n // 3 : n // 2] = 0
    audio[:, n // 2 : 2 * n // 3] *= np.float32(0.003)
    return audio


SOUNDS = {
    "noise": lambda rate: noise(2, rate),
    "quiet noise": lambda rate: noise(2, rate, level=0.001),
    "low sine": lambda rate: sine(50, 2, rate),
    "sine": lambda rate: sine(997, 2, rate),
    "high sine": lambda rate: sine(7000, 2, rate),
    "music with rests": bursts,
    "stereo": lambda rate: np.vstack([noise(2, rate), bursts(rate, 2)]),
    "five channels": lambda rate: noise(2, rate, channels=5),
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("sound", SOUNDS)
def test_loudness_is_the_standards(sound, rate):
    audio = SOUNDS[sound](rate)
    # pyloudnorm weighs channels 4 and 5 by 1.41, as surrounds; here all weigh the same.
    expected = lufs(audio[:3], rate)
    if len(audio) > 3:
        expected += 10 * math.log10(len(audio) / 3)
    assert loudness(audio, rate) == pytest.approx(expected, abs=0.1)


def test_a_full_scale_sine_at_997_hz_is_at_minus_3_lufs():
    """The calibration that BS.1770 itself gives."""
    assert loudness(sine(997, 2, 48_000, level=1.0), 48_000) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("gain_db", [-200, -60, -20, 20, 200])
def test_gain_moves_loudness_by_as_much(gain_db):
    audio = noise(1, 44_100)
    moved = audio * np.float32(10 ** (gain_db / 20))
    expected = loudness(audio, 44_100) + gain_db
    assert loudness(moved, 44_100) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("n", [1, 10, 4410, 17_000, 44_100])
def test_silence_is_infinitely_quiet(n):
    assert loudness(np.zeros((2, n), np.float32), 44_100) == -math.inf


@pytest.mark.parametrize("n", [1, 2, 100, 4409, 4410, 4411, 17_639])
def test_clips_too_short_for_the_standard_have_a_loudness_all_the_same(n):
    assert math.isfinite(loudness(noise(1, 44_100)[:, :n], 44_100))


def test_clips_below_the_gate_have_a_loudness_all_the_same():
    assert loudness(noise(1, 48_000, level=1e-6), 48_000) == pytest.approx(-117, abs=3)


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_long_clips_are_measured_in_stretches_as_if_in_one(rate, monkeypatch):
    audio = np.vstack([bursts(rate, 2), noise(2, rate)])
    whole = loudness(audio, rate)
    monkeypatch.setattr(module, "STRETCH", 5000)
    assert loudness(audio, rate) == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("target", [-40.0, -23.0, -14.0])
@pytest.mark.parametrize("sound", ["noise", "sine", "music with rests", "stereo"])
def test_a_target_is_met_below_the_ceiling(sound, target):
    audio = SOUNDS[sound](44_100)
    match_loudness(audio, 44_100, target, ceiling=1.0)
    assert lufs(audio, 44_100) == pytest.approx(target, abs=0.2)
    assert peak(audio) <= 1


def test_a_sound_of_few_high_peaks_is_limited_until_it_is_loud_enough():
    audio = noise(3, 44_100, level=0.01)
    audio[:, 10_000::30_000] = 0.9
    match_loudness(audio, 44_100, -16.0, ceiling=1.0)
    assert lufs(audio, 44_100) == pytest.approx(-16, abs=0.2)
    assert peak(audio) <= 1


def test_a_passage_far_louder_than_the_rest_does_not_upset_the_match():
    """Limited, it becomes quieter than what the gate then lets in."""
    audio = melody(6, 44_100, tilt=0)
    audio[:, 120_000:] *= np.float32(0.02)
    match_loudness(audio, 44_100, -9.0, ceiling=1.0)
    assert loudness(audio, 44_100) == pytest.approx(-9, abs=1)
    assert peak(audio) <= 1


def test_what_cannot_be_as_loud_keeps_the_ceiling_and_its_own_dynamics():
    audio = noise(2, 44_100)
    audio[:, 44_100:] *= np.float32(0.001)
    match_loudness(audio, 44_100, 0.0, ceiling=1.0)
    assert peak(audio) <= 1
    loud, quiet = audio[:, 10_000:40_000].std(), audio[:, 50_000:].std()
    assert 20 * math.log10(loud / quiet) > 30  # of 60 dB


def test_matching_silence_leaves_it_silent():
    audio = np.zeros((1, 44_100), np.float32)
    match_loudness(audio, 44_100, -20, ceiling=1.0)
    assert not audio.any()
    sound = noise(1, 44_100)
    match_loudness(sound, 44_100, -math.inf, ceiling=1.0)
    assert np.array_equal(sound, noise(1, 44_100))


@settings(max_examples=40, deadline=None)
@given(
    ceiling=st.floats(0.01, 10),
    level=st.floats(1e-3, 100),
    n=st.integers(1, 3000),
    rate=st.sampled_from([8000, 44_100, 192_000]),
    seed=st.integers(0, 99),
)
def test_nothing_is_above_the_ceiling(ceiling, level, n, rate, seed):
    audio = (np.random.default_rng(seed).normal(0, level, (2, n)) ** 3).astype(np.float32)
    above = bool(peak(audio) > ceiling)
    assert limit(audio, rate, ceiling) == above
    assert peak(audio) <= np.float32(ceiling)


def test_the_limiter_leaves_alone_what_is_far_from_a_peak():
    audio = noise(1, 44_100, level=0.05)
    audio[0, 20_000] = 3
    before = audio.copy()
    limit(audio, 44_100, 1.0)
    changed = np.flatnonzero(audio[0] != before[0])
    assert np.abs(changed - 20_000).max() <= 0.013 * 44_100
    assert audio[0, 20_000] == pytest.approx(1, abs=0.02)


def test_the_limiter_turns_channels_down_together():
    audio = noise(0.5, 44_100, channels=2)
    audio[0] *= 20
    ratio = audio[1] / audio[0]
    limit(audio, 44_100, 1.0)
    np.testing.assert_allclose(audio[1] / audio[0], ratio, rtol=1e-4)


def test_the_limiter_does_not_click():
    """Its gain moves slowly: a loud low sine keeps its spectrum but for the nearest bins."""
    audio = sine(200, 1, 44_100, level=0.5)
    audio[:, 15_000:25_000] *= 3
    before = audio.copy()
    limit(audio, 44_100, 1.0)
    gain = audio / np.where(np.abs(before) > 1e-3, before, np.nan)
    assert np.nanmax(np.abs(np.diff(gain))) < 2e-3


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 96_000])
def test_rests_are_silent_and_sound_is_untouched(rate):
    content, sound = melody(1, rate), noise(1, rate)
    first, last = round(0.301 * rate), round(0.6027 * rate)
    content[:, first:last] = 0
    content[:, :first] += 0.01
    content[:, last:] += 0.01
    before = sound.copy()
    keep_rests(sound, content, rate)
    fade = math.ceil(0.02 * rate) + 1
    assert not sound[:, first + fade : last - fade].any()
    np.testing.assert_array_equal(sound[:, :first], before[:, :first])
    np.testing.assert_array_equal(sound[:, last:], before[:, last:])
    assert np.abs(sound).max() <= np.abs(before).max()


def test_a_rest_is_80_db_down_so_that_noise_floors_do_not_count_as_sound():
    content, sound = melody(1, 44_100), noise(1, 44_100)
    content[:, 20_000:30_000] = noise(1, 44_100, level=1e-6)[:, :10_000]
    keep_rests(sound, content, 44_100)
    assert not sound[:, 22_000:28_000].any()


def test_one_loud_channel_is_enough_to_sound():
    content = np.vstack([np.zeros((1, 44_100), np.float32), melody(1, 44_100) + 0.01])
    sound = noise(1, 44_100, channels=2)
    before = sound.copy()
    keep_rests(sound, content, 44_100)
    np.testing.assert_array_equal(sound, before)


@pytest.mark.parametrize("n", [1, 2, 100])
def test_the_shortest_clips(n):
    sound = noise(1, 44_100)[:, :n].copy()
    before = sound.copy()
    keep_rests(sound, before, 44_100)
    np.testing.assert_array_equal(sound, before)
    limit(sound, 44_100, 0.01)
    assert peak(sound) <= 0.01


def test_stretches_change_nothing(monkeypatch):
    results = []
    for stretch in (module.STRETCH, 1 << 12):
        monkeypatch.setattr(module, "STRETCH", stretch)
        audio = np.vstack([noise(1, 44_100), bursts(44_100, 1)])
        keep_rests(audio, np.vstack([bursts(44_100, 1)] * 2), 44_100)
        match_loudness(audio, 44_100, -9, ceiling=0.8)
        results.append(audio)
    np.testing.assert_allclose(*results, atol=1e-4)
    assert peak(np.zeros((1, 0), np.float32)) == 0


@pytest.mark.parametrize("hz", [30.0, 60.0, 997.0, 2000.0, 6000.0])
def test_the_weight_of_a_frequency_is_what_a_sine_of_it_gets(hz):
    tone = sine(hz, 3, 96_000)
    steady = module.k_weighted_power(tone, 96_000, 96_000)[1]
    plain = np.sum(np.square(tone[0, 96_000:192_000], dtype=np.float64))
    assert module.k_weighting(np.array([hz]))[0] == pytest.approx(steady / plain, rel=0.03)
