"""Strokes: where they are, how bright, how loud."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from support.players import RATE
from support.samplers import (
    BRIGHT,
    DARK,
    stroke,
    strokes_of,
    together,
)
from support.sounds import noise, sine

from effects.engines.sampler import bands, strokes
from effects.signal.loudness import loudness

STROKES = [(0.1, DARK), (0.6, BRIGHT), (1.1, DARK), (1.35, BRIGHT), (1.85, BRIGHT)]


@pytest.mark.parametrize("rate", [8000, RATE, 48_000, 96_000])
def test_strokes_are_found_where_they_begin(rate):
    at = [(start, DARK if band is DARK else (1500.0, 3500.0)) for start, band in STROKES]
    found = strokes.strokes(strokes_of(at, 2.5, rate), rate)
    assert [it.start for it in found] == pytest.approx([start for start, _ in at], abs=0.01)
    assert all(it.start < it.end <= after.start for it, after in pairwise(found))


def test_a_stroke_at_the_very_beginning_is_found():
    found = strokes.strokes(strokes_of([(0.0, BRIGHT), (0.5, DARK)], 1.2, RATE), RATE)
    assert [it.start for it in found] == pytest.approx([0, 0.5], abs=0.01)


def test_dark_strokes_are_low_and_bright_ones_high():
    found = strokes.strokes(strokes_of(STROKES, 2.5, 44_100), 44_100)
    dark = [it.pitch for it, (_, band) in zip(found, STROKES, strict=True) if band is DARK]
    bright = [it.pitch for it, (_, band) in zip(found, STROKES, strict=True) if band is BRIGHT]
    assert max(dark) + 12 < min(bright)


def test_louder_strokes_have_a_higher_level():
    gains = (0.1, 1.0, 0.4)
    sounds = [(0.1 + 0.5 * n, gain * stroke(RATE, DARK)) for n, gain in enumerate(gains)]
    found = strokes.strokes(together(sounds, 2, RATE), RATE)
    levels = np.array([it.level for it in found])
    np.testing.assert_allclose(levels / levels[1], gains, rtol=0.1)


def test_strokes_that_sound_equally_loud_have_one_level_low_or_high():
    low, high = ((40.0, 80.0), (2000.0, 3500.0))
    sounds = [(0.1, stroke(44_100, low)), (0.8, stroke(44_100, high))]
    found = strokes.strokes(together(sounds, 2, 44_100), 44_100, strokes.k_weighted)
    for stroke_, (_, sound) in zip(found, sounds, strict=True):
        wanted = 10 ** (loudness(sound[None, : round(0.08 * 44_100)], 44_100) / 20)
        assert stroke_.level == pytest.approx(wanted, rel=0.2)


def test_every_stroke_of_a_roll_and_both_of_a_flam_are_found():
    roll = [0.2 + n / 16 for n in range(16)]  # 32nds at 120 bpm
    flams = [1.8, 1.835, 2.4, 2.43]
    sounds = [(start, stroke(RATE, (500.0, 4000.0), seed=n)) for n, start in enumerate(roll)]
    for n, start in enumerate(flams):
        sounds.append((start, (1.0, 0.3)[n % 2 == 0] * stroke(RATE, (500.0, 4000.0), seed=n)))
    found = strokes.strokes(together(sounds, 3, RATE), RATE)
    assert [it.start for it in found] == pytest.approx(roll + flams, abs=0.01)


@pytest.mark.parametrize("band", [DARK, (300.0, 1500.0)])
def test_a_ghost_note_is_found_while_a_cymbal_rings(band):
    cymbal = noise(3, RATE)[0] * np.exp(-np.arange(3 * RATE) / RATE).astype(np.float32)
    cymbal = sosfilt(butter(4, 5000, "high", fs=RATE, output="sos"), cymbal)
    ghosts = together([(at, 0.05 * stroke(RATE, band)) for at in (0.8, 1.5)], 3, RATE)
    found = strokes.strokes((cymbal + ghosts).astype(np.float32), RATE)
    assert [it.start for it in found] == pytest.approx([0, 0.8, 1.5], abs=0.01)
    # Brightness and level are the ghost note's own.
    alone = strokes.strokes(ghosts, RATE)
    for it, own in zip(found[1:], alone, strict=True):
        assert it.pitch == pytest.approx(own.pitch, abs=4)
        assert it.level == pytest.approx(own.level, rel=0.4)


@pytest.mark.parametrize("left", [0, 1, 10, 100, 1000])
def test_a_stroke_at_the_very_end_is_no_longer_than_the_clip(left):
    audio = np.append(np.zeros(RATE), np.append(noise(1, RATE, level=0.5)[0, :left], 1.0))
    for it in strokes.strokes(audio.astype(np.float32), RATE):
        assert it.start < it.end <= audio.size / RATE


def test_a_grace_note_has_its_own_level_not_that_of_the_stroke_after_it():
    sounds = [(0.5, 0.1 * stroke(RATE, DARK)), (0.535, stroke(RATE, DARK))]
    grace, main = strokes.strokes(together(sounds, 1, RATE), RATE)
    assert grace.level < 0.2 * main.level


def test_a_long_stem_has_the_onsets_of_all_of_it_at_once(monkeypatch):
    audio = strokes_of(STROKES, 2.5, RATE)
    at_once = strokes.strokes(audio, RATE)
    settings = replace(bands.SETTINGS, frames_together=7)
    monkeypatch.setattr(bands, "SETTINGS", settings)
    assert strokes.strokes(audio, RATE) == at_once


@pytest.mark.parametrize(
    "audio",
    [
        noise(4, RATE)[0],
        noise(4, RATE)[0] * (1 + 0.3 * np.sin(np.arange(4 * RATE) * 15 / RATE)).astype(np.float32),
        np.zeros(RATE, np.float32),
        np.zeros(0, np.float32),
        np.ones(1, np.float32),
        (0.3 * np.sin(np.arange(3 * RATE) * 0.06)).astype(np.float32)[1000:],
        np.append(sine(440, 1, RATE), np.zeros(RATE, np.float32)),
        (0.3 * np.sin(np.arange(3 * RATE) * 0.1 + 5 * np.sin(np.arange(3 * RATE) * 0.0016))),
    ],
    ids=["noise", "waves", "silence", "nothing", "a sample", "a tone", "a cut", "vibrato"],
)
def test_in_what_goes_on_nothing_is_struck(audio):
    assert len(strokes.strokes(audio, RATE)) <= 1  # its beginning may be one
    assert all(it.start < 0.05 for it in strokes.strokes(audio, RATE))


def test_a_clip_of_strokes_is_struck_and_noise_is_not():
    audio = strokes_of(STROKES, 2.5, RATE)
    found = strokes.strokes(audio, RATE)
    assert strokes.struck(audio, RATE, found) > 0.95
    assert strokes.struck(audio, RATE, []) == 0
    assert strokes.struck(np.zeros(100, np.float32), RATE, []) == 0
    steady = noise(4, RATE)[0]
    assert strokes.struck(steady, RATE, strokes.strokes(steady, RATE)) < 0.3
