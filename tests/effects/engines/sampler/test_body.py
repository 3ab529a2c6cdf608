"""A body's resonances."""

import numpy as np
import pytest
from support.players import RATE

from effects.engines.sampler.body import body_kept


def resonant(fundamental, peak_hz, rate=RATE, seconds=1.0):
    """Harmonics under one resonance, an octave wide."""
    time = np.arange(round(seconds * rate)) / rate
    orders = np.arange(1, int(0.45 * rate / fundamental))
    gains = np.exp(-0.5 * (np.log2(orders * fundamental / peak_hz) / 0.5) ** 2)
    sound = sum(
        g * np.sin(2 * np.pi * n * fundamental * time) for n, g in zip(orders, gains, strict=True)
    )
    return (0.1 * sound).astype(np.float32)


def middle_hz(sound, rate=RATE):
    """Centre of gravity of the spectrum, on a logarithmic axis."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))[1:] ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / rate)[1:]
    return float(np.exp((power * np.log(hz)).sum() / power.sum()))


@pytest.mark.parametrize("semitones", [-12, -5, 5, 12])
def test_a_resonance_goes_part_of_the_way_back(semitones):
    moved = resonant(200 * 2 ** (semitones / 12), 1200 * 2 ** (semitones / 12))
    kept = body_kept(moved, semitones, RATE)
    back = 12 * np.log2(middle_hz(moved) / middle_hz(kept)) / semitones
    assert 0.05 < back < 0.6
    assert np.sum(kept**2.0) == pytest.approx(np.sum(moved**2.0), rel=0.02)
    assert kept.dtype == np.float32
    assert kept.shape == moved.shape


def test_a_body_delays_nothing():
    moved = resonant(300.0, 1500.0) * np.exp(-5 * np.arange(RATE) / RATE).astype(np.float32)
    kept = body_kept(moved, 9, RATE)
    lags = np.correlate(kept[:4000], moved[:4000], "same")
    assert abs(int(np.argmax(lags)) - 2000) <= 1


@pytest.mark.parametrize("sound", [np.zeros(5000), np.zeros(0), np.ones(1), np.eye(1, 3000)[0]])
def test_a_body_of_little_or_nothing_breaks_nothing(sound):
    kept = body_kept(sound.astype(np.float32), 7, RATE)
    assert kept.shape == sound.shape
    assert np.isfinite(kept).all()


def test_what_is_hardly_moved_is_left_as_it_is():
    sound = resonant(200.0, 1200.0)
    assert body_kept(sound, 0.3, RATE) is sound
