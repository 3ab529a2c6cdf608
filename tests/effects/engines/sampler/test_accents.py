"""Where a clip is accented."""

from dataclasses import replace

import numpy as np
import pytest
from support.samplers import stroke, together, tone
from support.sounds import noise

from effects.engines.sampler import accents as module
from effects.engines.sampler.accents import SETTINGS, accents
from effects.notes.basic_pitch import RATE

AT = [0.3, 0.8, 1.05, 1.7, 2.4]


def over(background, sound):
    """A sound at the times ``AT`` over a background."""
    return background + together([(it, sound) for it in AT], background.size / RATE, RATE)


def nearest(found):
    """For each of ``AT``, how far the nearest accent is."""
    return [min(abs(it - at) for it in found) for at in AT]


@pytest.mark.parametrize("sound", ["click", "stroke"])
def test_clicks_and_strokes_over_noise_are_found_in_time(sound):
    struck = stroke(RATE, (200.0, 8000.0))
    found = accents(over(noise(3, RATE, level=0.02)[0], struck[: 50 if sound == "click" else None]))
    assert max(nearest(found)) < 0.015
    assert len(found) <= len(AT) + 1  # the noise begins, too


def test_strokes_over_a_chord_are_found_a_little_early():
    """In bands where nothing sounds, levels rise most when a window first reaches a stroke."""
    chord = sum(tone(it, 3, RATE) for it in (40, 47, 52))
    found = accents(over(chord, stroke(RATE, (200.0, 8000.0))))
    assert max(nearest(found)) < 0.03
    assert len(found) <= len(AT) + 1


def test_chords_that_follow_each_other_without_a_gap_are_accents():
    keys = ((40, 47), (43, 50), (45, 52), (38, 45), (40, 52))
    ends = [*AT[1:], 3.0]
    sounds = [
        (at, tone(key, end - at + 0.02, RATE))
        for at, end, chord in zip(AT, ends, keys, strict=True)
        for key in chord
    ]
    found = accents(together(sounds, 3, RATE) + noise(3, RATE, level=0.01)[0])
    assert max(nearest(found)) < 0.03
    assert len(found) <= len(AT) + 1


@pytest.mark.parametrize("size", [0, 1, 100, RATE])
def test_silence_has_no_accents(size):
    assert accents(np.zeros(size, np.float32)) == []


@pytest.mark.parametrize("gain", [1e-3, 1e3])
def test_the_level_of_a_clip_does_not_matter(gain):
    clip = over(noise(3, RATE, level=0.02)[0], stroke(RATE, (200.0, 8000.0)))
    assert accents(clip * np.float32(gain)) == accents(clip)


def test_accents_are_apart_in_order_and_within_the_clip():
    clip = noise(3, RATE)[0]
    found = accents(clip)
    assert np.all(np.diff(found) > SETTINGS.alone_seconds)
    assert all(0 <= it <= 3 + SETTINGS.late_seconds for it in found)


def test_a_long_clip_is_the_same_in_stretches_and_at_once(monkeypatch):
    clip = over(noise(3, RATE, level=0.02)[0], stroke(RATE, (200.0, 8000.0)))
    whole = accents(clip)
    monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, together=7))
    assert accents(clip) == whole
