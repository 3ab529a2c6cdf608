"""How strongly each key sounds: of tones, chords and silence."""

from dataclasses import replace

import numpy as np
import pytest
from support.samplers import DULL, REED, SAW, together, tone, tune
from support.sounds import noise

from effects.notes import salience as module
from effects.notes.basic_pitch import RATE
from effects.notes.salience import FRAMES_PER_SECOND, SETTINGS, salience


def keys_at(found, seconds):
    """All keys, the most salient first."""
    height = found[:, round(seconds * FRAMES_PER_SECOND)]
    return (np.argsort(-height) + SETTINGS.lowest).tolist()


@pytest.mark.parametrize("partials", [SAW, DULL, REED, (1.0,)], ids=["saw", "dull", "reed", "sine"])
@pytest.mark.parametrize("pitch", [36, 48, 60, 72, 84, 96])
def test_the_key_of_a_tone_is_the_most_salient_while_it_sounds(pitch, partials):
    found = salience(together([(0.5, tone(pitch, 0.8, RATE, partials))], 1.8, RATE))
    assert keys_at(found, 0.9)[0] == pitch
    silent = found[:, [round(it * FRAMES_PER_SECOND) for it in (0.3, 1.5)]]
    assert silent.max() < 1e-6 * found.max()


@pytest.mark.parametrize("pitches", [(55, 62), (48, 52, 55), (40, 69)])
def test_all_keys_of_a_chord_are_the_most_salient(pitches):
    found = salience(tune([(0.2, 1.0, it) for it in pitches], 1.4, RATE))
    assert sorted(keys_at(found, 0.7)[: len(pitches)]) == list(pitches)


def test_a_louder_key_is_more_salient_in_proportion():
    sounds = [(0.1, tone(60, 0.6, RATE)), (1.1, tone(60, 0.6, RATE, level=0.015))]
    row = salience(together(sounds, 2, RATE))[60 - SETTINGS.lowest]
    loud, soft = (row[round(it * FRAMES_PER_SECOND)] for it in (0.4, 1.4))
    assert soft / loud == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("size", [0, 1, 511, 512, RATE])
def test_nothing_is_salient_in_silence_however_short(size):
    found = salience(np.zeros(size, np.float32))
    assert found.shape == (SETTINGS.highest - SETTINGS.lowest + 1, size // SETTINGS.hop + 1)
    assert found.dtype == np.float32
    assert np.all((found >= 0) & (found < 1e-6))


def test_saliences_are_finite_and_never_negative():
    for clip in (noise(1, RATE)[0], np.ones(1, np.float32), np.ones(3000, np.float32)):
        found = salience(clip)
        assert np.isfinite(found).all()
        assert (found >= 0).all()


def test_a_long_clip_is_the_same_in_stretches_and_at_once(monkeypatch):
    clip = tune([(0.2, 0.6, 55), (0.9, 0.6, 62)], 1.6, RATE)
    whole = salience(clip)
    monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, together=7))
    np.testing.assert_allclose(salience(clip), whole, atol=1e-4 * whole.max())
