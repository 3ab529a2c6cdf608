"""The line of one voice: what is followed, and what of it is a phrase."""

from __future__ import annotations

import numpy as np
import pytest
from support.moving_pitch import RATE, Values, seconds, tone

from effects.notes import pitch_line
from effects.notes.pitch_line import Line, follow


def off(line: Line, pitch: Values, first: float, last: float) -> Values:
    """Cents between a line and what it should be, from ``first`` to ``last``."""
    inside = (line.times >= first) & (line.times <= last)
    wanted = np.interp(line.times, np.arange(pitch.size) / RATE, pitch)
    return 100 * np.abs(line.pitch - wanted)[inside]


@pytest.fixture(scope="module")
def glide() -> Values:
    """An octave up and down in three seconds."""
    return 57 + 12 * np.sin(np.pi * seconds(3) / 3) ** 2


def test_a_glide_is_followed(glide: Values) -> None:
    assert off(follow(tone(glide), RATE), glide, 0.05, 2.9).max() < 10


def test_a_long_clip_is_followed_like_a_short_one(glide: Values) -> None:
    short = follow(tone(glide), RATE).pitch[5:290]
    long = follow(np.tile(tone(glide), 15), RATE).pitch
    for turn in range(15):
        part = long[turn * 300 + 5 : turn * 300 + 290]
        assert np.abs(part - short).max() < 0.05


def test_a_level_is_followed() -> None:
    times = seconds(2)
    level = 0.02 + 0.1 * times
    line = follow(tone(np.full(times.size, 60.0), level), RATE)
    power = sum(1 / n**2 for n in range(1, 11)) / 2
    wanted = np.sqrt(power) * np.interp(line.times, times, level)
    assert np.allclose(line.level[10:-10], wanted[10:-10], rtol=0.1)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0),
        np.zeros(1),
        np.zeros(RATE),
        np.eye(1, RATE, 5000)[0],
        np.random.default_rng(0).normal(0, 0.1, 2 * RATE),
        np.sin(np.arange(600) * 0.05),
    ],
    ids=["nothing", "one sample", "silence", "click", "noise", "very short"],
)
def test_what_has_no_pitch_has_no_phrases(sound: Values) -> None:
    line = follow(sound.astype(np.float32), RATE)
    assert line.phrases == []


def test_short_gaps_are_bridged_and_longer_ones_are_not() -> None:
    times = np.arange(100) * 0.01
    pitch = np.full(100, 60.0)
    pitch[20:22] = np.nan
    pitch[60:75] = np.nan
    found = Line(times, pitch, np.ones(100)).phrases
    assert [(round(it.start, 2), round(it.seconds, 2)) for it in found] == [(0, 0.6), (0.75, 0.25)]


def test_a_slip_into_another_octave_is_undone() -> None:
    pitch = np.full(100, 60.0)
    pitch[40:45] += 12
    (found,) = Line(np.arange(100) * 0.01, pitch, np.ones(100)).phrases
    assert found.pitch == pytest.approx(60)


def test_a_leap_of_an_octave_that_lasts_is_kept() -> None:
    pitch = np.repeat([60.0, 72.0], 50)
    found = Line(np.arange(100) * 0.01, pitch, np.ones(100)).phrases
    assert [it.median for it in found] == [60, 72]


def test_progress_is_told_and_can_end_the_work(glide: Values) -> None:
    class StopError(Exception):
        pass

    def tick(done: float) -> None:
        raise StopError

    with pytest.raises(StopError):
        follow(tone(glide), RATE, tick)


def test_a_wrong_frame_in_a_phrase_is_smoothed_away() -> None:
    pitch = np.full(50, 60.0)
    pitch[20] = 63
    (found,) = Line(np.arange(50) * 0.01, pitch, np.ones(50)).phrases
    assert found.pitch == pytest.approx(60)


def test_a_clip_at_the_rate_of_the_line_is_taken_as_it_is() -> None:
    clip = np.random.default_rng(0).normal(0, 0.1, 2 * pitch_line.RATE).astype(np.float32)
    level = follow(clip, pitch_line.RATE).level[10:-10]  # nothing is lost below half the rate
    assert np.mean(level**2) == pytest.approx(np.mean(clip.astype(float) ** 2), rel=0.02)
