"""How a stroke rings on after the next one has begun."""

import numpy as np
import pytest
from support.players import RATE, amplitude, decibels
from support.samplers import BRIGHT, stroke, together
from support.sounds import noise

from effects.engines.sampler.tail import ringing_on

LEAD, START, NEXT = RATE // 100, 0.2, 0.5


def drum(hz, fall_db, seconds=1.5):
    """A sine that falls at a rate in dB per second."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * t) * 10 ** (-fall_db * t / 20)).astype(np.float32)


def with_tail(sounds):
    audio = together(sounds, 2, RATE)
    first, stop = round(START * RATE) - LEAD, round(NEXT * RATE) - LEAD
    return ringing_on(audio, RATE, first, LEAD, stop, RATE // 2), audio[first:stop]


@pytest.mark.parametrize("fall_db", [130, 150])
def test_a_stroke_falls_on_as_it_fell_and_the_next_one_is_not_heard(fall_db):
    sounds = [(START, drum(200, fall_db)), (NEXT, stroke(RATE, BRIGHT))]
    found, _ = with_tail(sounds)
    alone, _ = with_tail(sounds[:1])
    after = slice(round((NEXT - START + 0.03) * RATE), round((NEXT - START + 0.2) * RATE))
    assert decibels(amplitude(found[after], 200) / amplitude(alone[after], 200)) == pytest.approx(
        0, abs=3
    )
    struck = together(sounds[1:], 2, RATE)[round(START * RATE) - LEAD :][after]
    power = [
        np.sum(np.square(it, dtype=np.float64)) for it in (found[after] - alone[after], struck)
    ]
    assert 10 * np.log10(power[0] / power[1]) < -20


def test_the_same_drum_struck_again_is_turned_down_too():
    found, _ = with_tail([(START, drum(200, 200)), (NEXT, drum(200, 200))])
    before, after = (
        np.abs(found[round((NEXT - START + at) * RATE) :][: RATE // 50]).max()
        for at in (-0.04, 0.1)
    )
    assert decibels(after / before) < -15


def test_up_to_the_next_stroke_nothing_is_changed():
    found, wanted = with_tail([(START, stroke(RATE, BRIGHT)), (NEXT, stroke(RATE, BRIGHT))])
    assert found.size == wanted.size + RATE // 2
    np.testing.assert_array_equal(found[: wanted.size - RATE // 200], wanted[: -(RATE // 200)])


@pytest.mark.parametrize("size", [1, 10, 500])
@pytest.mark.parametrize("rate", [100, 8000, 192_000])
def test_the_shortest_strokes_and_the_end_of_a_clip(size, rate):
    audio = noise(1, 8000)[0, :1000]
    found = ringing_on(audio, rate, 1000 - size, min(size, 3), 1000, 400)
    assert found.shape == (size + 400,)
    assert np.isfinite(found).all()
    assert not ringing_on(0 * audio, rate, 0, 0, size, 100).any()
