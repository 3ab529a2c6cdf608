"""Notes held for longer than their grains last."""

import numpy as np
import pytest
from support.players import RATE, decibels

from effects.engines.sampler import hold
from effects.engines.sampler.hold import held

LATE = hold.SETTINGS.search_seconds


def plucked(seconds, *, hz=220.0, fall=0.0, tail=0.3):
    """A tone of three partials that falls at ``fall`` dB/s, and 100 dB/s faster after its note."""
    t = np.arange(round((seconds + tail) * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3))
    level = -fall * t - 100 * np.maximum(t - seconds, 0)
    return (0.2 * tone * 10 ** (level / 20)).astype(np.float32)


def longer(sound, seconds, wanted, start=0.0):
    """A note of ``seconds``, from ``start`` on, made as long as ``wanted``."""
    samples = (round(it * RATE) for it in (start, start + seconds, start + wanted))
    return held(sound, *samples, RATE)


def rms_db(sound, first, last):
    part = sound[round(first * RATE) : round(last * RATE)]
    return decibels(np.sqrt(np.mean(part**2)))


@pytest.mark.parametrize("hz", [60.0, 220.0, 1234.5])
@pytest.mark.parametrize("wanted", [0.31, 0.5, 1.7, 6.0])
def test_a_steady_tone_goes_on_as_it_was(hz, wanted):
    sound = plucked(0.3, hz=hz)
    out = longer(sound, 0.3, wanted)
    assert out.dtype == np.float32
    # It ends with the grain's own end, which lasts 0.3 s.
    assert out.size / RATE == pytest.approx(wanted + 0.3, abs=LATE)
    ideal = plucked(wanted, hz=hz)[: round((wanted - LATE) * RATE)]
    t = np.arange(ideal.size) / RATE
    window = np.hanning(ideal.size)
    wave = window * np.exp(-2j * np.pi * hz * t)
    assert decibels(abs(out[: ideal.size] @ wave) / abs(ideal @ wave)) == pytest.approx(0, abs=1)
    for first in np.arange(0, wanted - 0.15, 0.05):
        assert rms_db(out, first, first + 0.1) == pytest.approx(rms_db(sound, 0, 0.1), abs=0.5)


def test_a_string_goes_on_falling_at_its_rate():
    out = longer(plucked(0.4, fall=30.0), 0.4, 1.6)
    for first in (0.1, 0.5, 1.0, 1.3):
        fallen = rms_db(out, 0.1, 0.2) - rms_db(out, first, first + 0.1)
        assert fallen == pytest.approx(30 * (first - 0.1), abs=3)


def test_a_swelling_note_does_not_swell_without_end():
    sound = plucked(0.4, fall=-30.0)
    assert np.abs(longer(sound, 0.4, 5.0)).max() <= 1.01 * np.abs(sound).max()


def test_the_beginning_and_the_end_are_the_grains_own():
    sound = plucked(0.5)
    out = longer(sound, 0.45, 1.2, start=0.05)
    np.testing.assert_array_equal(out[: round(0.4 * RATE)], sound[: round(0.4 * RATE)])
    end = sound[round(0.5 * RATE) :]
    np.testing.assert_allclose(out[-end.size :], end, rtol=1e-3, atol=1e-5)


def test_noise_is_joined_without_holes():
    draw = np.random.default_rng(0)
    sound = draw.standard_normal(round(0.6 * RATE)).astype(np.float32)
    out = longer(sound, 0.5, 2.0)
    for first in np.arange(0, 1.9, 0.02):
        assert rms_db(out, first, first + 0.02) > -4


@pytest.mark.parametrize("seconds", [0.05, 0.08, 0.12])
def test_short_notes_are_held_too(seconds):
    out = longer(plucked(seconds), seconds, 0.5)
    assert out.size / RATE == pytest.approx(0.8, abs=LATE)
    for first in np.arange(0, 0.4, 0.05):
        assert rms_db(out, first, first + 0.05) == pytest.approx(decibels(0.165), abs=1.5)


def test_a_click_is_not_held():
    sound = plucked(0.01)
    assert longer(sound, 0.01, 0.5) is sound


@pytest.mark.parametrize("rate", [1000.0, 8000.0, 192_000.0])
def test_any_rate_will_do(rate):
    sound = np.random.default_rng(1).standard_normal(round(0.6 * rate)).astype(np.float32)
    out = held(sound, 0, round(0.5 * rate), round(3 * rate), rate)
    assert out.size / rate == pytest.approx(3.1, abs=LATE + 0.002)


def test_silence_stays_silence():
    assert not longer(np.zeros(RATE, np.float32), 0.5, 2.0).any()
