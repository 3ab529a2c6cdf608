"""A voice: an instrument plays along its line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from support.moving_pitch import RATE, Values, seconds, tone

from effects.engines.sampler.instrument import Grain, Instrument
from effects.engines.sampler.sing import sing
from effects.notes.pitch_line import Line, Phrase, follow


def grain(pitch: float, length: float = 0.5, waver: float = 0.0) -> Grain:
    """A note 10 ms after the grain begins, at full level 30 ms later, with a tail of 0.2 s."""
    times = seconds(length + 0.21) - 0.01
    ramp = np.clip(times / 0.03, 0, 1) * np.clip((length + 0.2 - times) / 0.2, 0, 1)
    sound = tone(pitch + waver * np.sin(2 * np.pi * 6 * times), 0.2) * ramp
    return Grain(pitch, 0.17, length, 1.0, round(0.01 * RATE), sound.astype(np.float32))


def instrument(*pitches: float, waver: float = 0.0) -> Instrument:
    return Instrument(RATE, 200.0, [grain(it, waver=waver) for it in pitches])


def played(content: NDArray[np.float32], on: Instrument) -> NDArray[np.float32]:
    found = follow(content, RATE).phrases
    out: NDArray[np.float32] = sing(found, on, content[None], RATE, tick=lambda done: None)[0]
    return out


def off(line: Line, pitch: Values, first: float, last: float) -> Values:
    """Cents between a line and what it should be, from ``first`` to ``last``."""
    inside = (line.times >= first) & (line.times <= last)
    wanted = np.interp(line.times, np.arange(pitch.size) / RATE, pitch)
    return 100 * np.abs(line.pitch - wanted)[inside]


@pytest.fixture(scope="module")
def glide() -> Values:
    """An octave up and down in three seconds."""
    return 57 + 12 * np.sin(np.pi * seconds(3) / 3) ** 2


@pytest.fixture(scope="module")
def vibrato() -> Values:
    return 64 + 0.5 * np.sin(2 * np.pi * 5 * seconds(3))


@pytest.mark.parametrize("waver", [0.0, 0.4], ids=["steady grain", "wavering grain"])
def test_an_instrument_plays_along_a_glide(glide: Values, waver: float) -> None:
    out = played(tone(glide), instrument(60.0, 72.0, waver=waver))
    wrong = off(follow(out, RATE), glide, 0.1, 2.8)
    assert np.percentile(wrong, 95) < 25


def test_an_instrument_plays_along_vibrato(vibrato: Values) -> None:
    out = played(tone(vibrato), instrument(60.0))
    wrong = off(follow(out, RATE), vibrato, 0.1, 2.8)
    assert np.percentile(wrong, 95) < 25


def test_the_octave_is_kept_far_from_the_grains() -> None:
    low = np.full(2 * RATE, 45.0) + seconds(2)
    out = played(tone(low), instrument(76.0))
    assert np.median(off(follow(out, RATE), low, 0.2, 1.8)) < 10


def test_the_level_is_the_contents_own() -> None:
    times = seconds(3)
    level = 0.1 * 10 ** (-np.abs(times - 1.5))
    content = tone(np.full(times.size, 62.0) + times, level)
    out = played(content, instrument(60.0))
    here, there = follow(content, RATE).level, follow(out, RATE).level
    assert np.abs(20 * np.log10(there[20:280] / here[20:280])).max() < 2


def test_nothing_folds_when_a_grain_is_read_fast() -> None:
    times = seconds(0.71)
    high = np.sin(2 * np.pi * 9000 * times).astype(np.float32)
    sound = Grain(60.0, 0.7, 0.5, 1.0, 441, tone(np.full(times.size, 60.0)) + high)
    phrase = Phrase(0.0, np.full(100, 79.0), np.full(100, 0.1))
    out = sing([phrase], Instrument(RATE, 200.0, [sound]), np.zeros((1, RATE), np.float32), RATE,
               tick=lambda done: None)[0]  # fmt: skip
    spectrum = np.abs(np.fft.rfft(out[4410:39690] * np.hanning(35280)))
    hz = np.fft.rfftfreq(35280, 1 / RATE)
    own = 440 * 2 ** (10 / 12) * np.arange(1, 40)
    between = np.abs(hz[:, None] - own).min(axis=1) > 100
    assert spectrum[between & (hz > 300)].max() < 0.01 * spectrum.max()


def test_as_long_as_the_content_and_silent_where_there_is_no_pitch(glide: Values) -> None:
    content = np.concatenate([tone(glide), np.zeros(2 * RATE, np.float32)])
    out = played(content, instrument(60.0))
    assert out.shape == content.shape
    assert np.abs(out[round(3.6 * RATE) :]).max() < 1e-3


def test_the_same_twice(glide: Values) -> None:
    content = tone(glide)[:RATE]
    assert np.array_equal(
        played(content, instrument(60.0)), played(content.copy(), instrument(60.0))
    )


def test_no_phrases_are_silence() -> None:
    content = np.ones((2, 100), np.float32)
    out = sing([], instrument(60.0), content, RATE, tick=lambda done: None)
    assert out.shape == content.shape
    assert not out.any()


def test_an_opposite_channel_stays_opposite(glide: Values) -> None:
    mono = tone(glide)[:RATE]
    content = np.stack([mono, -0.5 * mono])
    found = follow(mono, RATE).phrases
    left, right = sing(found, instrument(60.0), content, RATE, tick=lambda done: None)
    assert np.allclose(right, -0.5 * left, atol=1e-3)
