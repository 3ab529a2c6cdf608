"""How noisy a clip is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from support.samplers import SAW, tune
from support.sounds import noise, sine

from effects.notes import flatness as module
from effects.notes.basic_pitch import RATE
from effects.notes.flatness import SETTINGS, flatness

WHITE = noise(4, RATE)[0]
CHORD = tune([(0, 2, 55), (0, 2, 59), (0, 2, 62)], 2, RATE, SAW)


def coloured(kind):
    band = butter(1, (200, 2000), "band", fs=RATE, output="sos")
    return {
        "white": WHITE,
        "brown": np.cumsum(WHITE - WHITE.mean()).astype(np.float32),
        "blue": np.diff(WHITE),
        "band": sosfilt(band, WHITE).astype(np.float32),
    }[kind]


@pytest.mark.parametrize("kind", ["white", "brown", "blue", "band"])
def test_noise_of_any_colour_is_as_flat_as_exponentially_distributed_powers(kind):
    # The means of only 20 bins, of which neighbours are alike under a Hann window, are a little
    # nearer to one another.
    assert flatness(coloured(kind)) == pytest.approx(np.exp(-np.euler_gamma), abs=0.05)


@pytest.mark.parametrize("clip", [CHORD, sine(440, 2, RATE)[0]], ids=["chord", "sine"])
def test_what_has_partials_is_far_from_flat(clip):
    assert flatness(clip) < 0.1


def test_more_noise_is_flatter():
    found = [flatness(CHORD + np.float32(it) * WHITE[: CHORD.size]) for it in (0, 0.05, 0.3, 3)]
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize("gain", [1e-3, 1e3])
def test_the_level_does_not_matter(gain):
    assert flatness(CHORD * np.float32(gain)) == pytest.approx(flatness(CHORD), rel=1e-3)


@pytest.mark.parametrize("size", [0, 1, 100, RATE])
def test_silence_has_no_partials(size):
    assert flatness(np.zeros(size, np.float32)) == pytest.approx(1)


def test_a_long_clip_is_the_same_in_stretches_and_at_once(monkeypatch):
    whole = flatness(CHORD)
    monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, frames=3))
    assert flatness(CHORD) == pytest.approx(whole, rel=1e-5)
