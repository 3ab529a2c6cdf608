"""One sound between two performances: levels, strokes, phases, and how it goes over time."""

import numpy as np
import pytest
from support.players import RATE, amplitude, decibels
from support.samplers import BRIGHT, DARK, strokes_of
from support.sounds import noise

from effects.morphing.colour import coloured
from effects.morphing.hybrid import hybrid

T = np.arange(2 * RATE) / RATE


def tone(levels, phase=0.0):
    """Partials of 440 Hz at these amplitudes, ``[1, samples]``."""
    out = sum(it * np.sin(2 * np.pi * 440 * k * T + phase) for k, it in enumerate(levels, 1))
    return np.asarray(0.3 * out, np.float32)[None]


def always(share):
    return lambda seconds: np.full(np.shape(seconds), share)


def test_levels_of_partials_go_in_equal_steps_of_db():
    a, b = tone((1, 0.5)), tone((1, 0.005), phase=2.0)
    steps = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = hybrid(a, b, RATE, always(share), None)[0, RATE // 2 : -RATE // 2]
        steps.append(decibels(amplitude(found, 880) / amplitude(found, 440)))
    np.testing.assert_allclose(np.diff(steps), -10, atol=0.7)


def test_partials_in_opposite_phase_do_not_cancel_nor_flutter():
    a, b = tone((1,)), tone((1,), phase=np.pi)
    found = hybrid(a, b, RATE, always(0.5), None)[0, RATE // 2 : -RATE // 2]
    level = np.sqrt(np.mean(found[: found.size // 500 * 500].reshape(-1, 500) ** 2, axis=1))
    assert level.min() > 0.9 * np.std(a)
    assert level.max() < 1.1 * np.std(a)


def test_it_follows_the_share_over_time():
    a, b = tone((1, 0.5)), tone((1, 0.005))
    found = hybrid(a, b, RATE, lambda seconds: np.clip(seconds / 2, 0, 1), None)
    np.testing.assert_allclose(found[0, : RATE // 50], a[0, : RATE // 50], atol=0.02)
    np.testing.assert_allclose(found[0, -RATE // 50 :], b[0, -RATE // 50 :], atol=0.02)


def test_no_stroke_is_lost():
    at = 0.1 + 0.2 * np.arange(9)
    a, b = (strokes_of([(it, band) for it in at], 2, RATE)[None] for band in (DARK, BRIGHT))
    found = hybrid(a, b, RATE, always(0.5), at)[0]
    for it in at:
        here, before = (
            np.std(found[round(start * RATE) : round((start + 0.02) * RATE)])
            for start in (it, it - 0.03)
        )
        assert here > 5 * before
    weak = hybrid(a, b, RATE, always(0.5), None)[0]
    first = slice(round(0.1 * RATE), round(0.13 * RATE))
    assert np.std(found[first]) > 3 * np.std(weak[first])


def test_beside_silence_it_fades():
    a, silence = tone((1,)), np.zeros((1, T.size), np.float32)
    np.testing.assert_allclose(hybrid(a, silence, RATE, always(0.25), None), 0.75 * a, atol=1e-6)


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_a_colour_between_two(at):
    a, b, dull = tone((1, 1, 1)), tone((1, 0.1, 0.01)), tone((1, 0.2, 0.3))
    found = coloured(dull, a, b, RATE, always(at))[0, RATE // 2 : -RATE // 2]
    ratio = decibels(amplitude(found, 880) / amplitude(found, 440))
    assert ratio == pytest.approx(-20 * at, abs=3)


def test_noise_between_partials_is_not_raised():
    bright, floor = tone((1, 1, 1)), noise(2, RATE, level=3e-4, seed=1)
    found = coloured(tone((1, 0.3, 0.3)) + floor, bright, bright, RATE, always(0.5))[0]
    inside = slice(RATE // 2, -RATE // 2)
    assert amplitude(found[inside], 880) > 2.5 * 0.3 * amplitude(found[inside], 440)
    spectrum = np.abs(np.fft.rfft(found[inside] * np.hanning(RATE)))
    own = np.abs(np.fft.rfft(floor[0, inside] * np.hanning(RATE)))
    assert np.median(spectrum[650:750]) < 1.5 * np.median(own[650:750])


def test_the_level_lies_between_even_of_sounds_that_have_nothing_in_common():
    a, b = (noise(2, RATE, seed=it, level=level) for it, level in ((1, 0.2), (2, 0.05)))
    for share in (0.25, 0.5, 0.75):
        found = hybrid(a, b, RATE, always(share), None)[0]
        levels = [np.std(it) for it in np.split(found[: found.size // 8 * 8], 8)]
        np.testing.assert_allclose(levels, 0.2 ** (1 - share) * 0.05**share, rtol=0.06)
