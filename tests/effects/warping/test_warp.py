"""Warping: what is played on a beat is heard on the mashup's beat."""

import numpy as np
import pytest
from support.sounds import melody, noise, sine

from effects.warping.timeline import Passage, Timeline
from effects.warping.warp import warped

RATE = 22_050


def clicks(times, seconds):
    """Clicks in a soft tone, ``[1, samples]``."""
    samples = 0.02 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE)
    signs = np.random.default_rng(0).choice([-1, 1], len(times))
    shape = 0.8 * np.exp(-np.arange(66) / 13)
    for time, sign in zip(times, signs, strict=True):
        at = round(time * RATE)
        samples[at : at + 66] += sign * shape
    return samples.astype(np.float32)[None]


def errors(sound, times):
    """How late each click is, in seconds."""
    steps = np.abs(np.diff(sound[0], prepend=0))
    reach, found = round(0.05 * RATE), []
    for time in times:
        start = round(time * RATE) - reach
        around = steps[start : start + 2 * reach]
        found.append((start + np.argmax(around > 0.35 * around.max())) / RATE - time)
    return np.array(found)


def evenly(seconds, speed=1.0, semitones=0, start=0.0):
    """A song from its start on at one speed, with a node every half second of the mashup."""
    out = np.arange(0, seconds + 0.01, 0.5)
    return Timeline((Passage(out + start, out * speed),), semitones)


@pytest.mark.parametrize(
    ("speed", "semitones", "formants", "most"),
    [
        (0.7, 0, True, 0.004),
        (0.7, 3, False, 0.004),
        (0.9, -6, False, 0.004),
        (0.9, 5, True, 0.004),
        (1.002, 0, True, 0.001),
        (1.2, -3, True, 0.004),
        (1.4, 0, False, 0.006),
    ],
)
def test_clicks_are_on_time_at_every_speed(speed, semitones, formants, most):
    beats = np.arange(0.25, 8 * speed, 0.5 * speed)
    sound = clicks(beats, 8.5 * speed)
    timeline = evenly(8, speed, semitones)
    heard = warped(sound, RATE, timeline, 8 * RATE, formants=formants)
    assert np.abs(errors(heard, beats[:-1] / speed)).max() < most


@pytest.mark.parametrize("formants", [False, True])
def test_a_shift_is_as_wide_as_it_should_be(formants):
    sound = sine(440, 4, RATE)
    heard = warped(sound, RATE, evenly(4, 1.1, 3), 4 * RATE, formants=formants)
    middle = heard[0, RATE : 3 * RATE] * np.hanning(2 * RATE)
    assert np.argmax(np.abs(np.fft.rfft(middle))) / 2 == pytest.approx(440 * 2 ** (3 / 12), abs=1)


def test_an_unchanged_song_is_the_very_same_samples():
    sound = noise(3, RATE, channels=2)
    assert warped(sound, RATE, evenly(3), sound.shape[1]) is sound
    longer = np.asarray(warped(sound, RATE, evenly(3), 4 * RATE))
    np.testing.assert_array_equal(longer[:, : 3 * RATE], sound)
    assert not longer[:, 3 * RATE :].any()


def test_it_is_silent_where_there_is_no_passage():
    early, late = (evenly(2, 1.1, start=it).passages[0] for it in (1, 5))
    heard = warped(noise(3, RATE), RATE, Timeline((early, late)), 8 * RATE)
    for start, stop in ((0, 0.9), (3, 4.9), (7, 8)):
        assert not heard[:, round(start * RATE) : round(stop * RATE)].any()
    for start, stop in ((1, 2.9), (5, 6.9)):
        assert heard[:, round(start * RATE) : round(stop * RATE)].any()


@pytest.mark.parametrize("semitones", [0, 4])
def test_the_bits_do_not_depend_on_threads(semitones):
    sound, timeline = melody(7, RATE), evenly(6, 1.15, semitones)
    alone = warped(sound, RATE, timeline, 6 * RATE, threads=1)
    np.testing.assert_array_equal(warped(sound, RATE, timeline, 6 * RATE, threads=3), alone)


def test_equal_sounds_join_without_a_trace():
    sound = melody(9, RATE)
    nodes = np.array([0, 2.5, 5, 8])
    timeline = Timeline((Passage(nodes[:3], nodes[:3] + 0.5), Passage(nodes[2:], nodes[2:] + 0.5)))
    heard = warped(sound, RATE, timeline, 8 * RATE)
    np.testing.assert_allclose(heard, sound[:, RATE // 2 : RATE // 2 + 8 * RATE], atol=1e-5)


def test_a_jump_keeps_its_level_and_the_attack_of_the_bar_after_it():
    sound = noise(8, RATE)
    sound[:, 6 * RATE : 6 * RATE + 66] = 1
    timeline = Timeline(
        (Passage(np.array([0, 2]), np.array([0, 2])), Passage(np.array([2, 4]), np.array([6, 8])))
    )
    heard = warped(sound, RATE, timeline, 4 * RATE)
    np.testing.assert_array_equal(heard[:, 2 * RATE : 4 * RATE], sound[:, 6 * RATE :])
    around = heard[:, 2 * RATE - round(0.035 * RATE) : 2 * RATE - round(0.005 * RATE)]
    assert np.std(around) == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 8), (44_100.5, 2), (192_000, 1)])
def test_any_rate_and_number_of_channels(rate, channels):
    sound = np.repeat(melody(0.6, rate), channels, axis=0)
    samples = round(0.5 * rate)
    heard = warped(sound, rate, evenly(0.5, 1.1, 2), samples)
    assert heard.shape == (channels, samples)
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()
    assert heard.std() == pytest.approx(sound.std(), rel=0.3)


def test_passages_may_begin_end_and_follow_each_other_anywhere():
    draw = np.random.default_rng(3)
    lengths = (0.0001, 0.004, 0.02, 0.04, 0.3, 3.0)
    audio = noise(4.0, RATE)
    for start in (-0.01, 0.0, 0.004, 0.006, 0.02, 0.5):
        at, passages = start, []
        for _ in range(4):
            length = draw.choice(lengths)
            out, song = np.array([at, at + length]), draw.uniform(-1, 5)
            passages.append(Passage(out, song + out - at))
            at += length + draw.choice((0.0, 0.001, 0.02, 0.5))
        found = warped(audio, RATE, Timeline(tuple(passages)), 2 * RATE)
        assert found.shape == (1, 2 * RATE)
        assert np.abs(found[:]).max() < 2 * np.abs(audio).max()
