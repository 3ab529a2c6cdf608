"""Chords that are heard where notes do not explain what sounds."""

import numpy as np
import pytest
from support.players import decibels, note
from support.samplers import DULL, SAW, tune
from support.sounds import noise

from effects.engines.sampler.chords import SETTINGS, missed
from effects.engines.sampler.listen import listen
from effects.notes.basic_pitch import RATE
from effects.notes.pitched_share import Explained
from effects.running.progress import Progress

FIRST = [(0.3, 0.7, 48), (0.3, 0.7, 55), (0.3, 0.7, 64)]
SECOND = [(1.2, 0.7, 53), (1.2, 0.7, 57), (1.2, 0.7, 60)]
SECONDS = 2.2


def clip_of(partials=SAW, gain=1.0):
    clip = tune(FIRST, SECONDS, RATE, partials)
    clip += np.float32(gain) * tune(SECOND, SECONDS, RATE, partials)
    return clip / np.abs(clip).max()


def found_in(clip, known=()):
    known = [note(*it) for it in known]
    return missed(clip, known, Explained.of(clip, known))


def keys(found):
    return [round(it.pitch) for it in found]


@pytest.mark.parametrize("partials", [SAW, DULL], ids=["saw", "dull"])
def test_struck_chords_are_heard_with_their_keys_and_times(partials):
    found = found_in(clip_of(partials))
    assert keys(found) == [pitch for _, _, pitch in [*FIRST, *SECOND]]
    assert [it.start for it in found] == pytest.approx([0.3] * 3 + [1.2] * 3, abs=0.03)
    assert [it.end for it in found] == pytest.approx([1.0] * 3 + [1.9] * 3, abs=0.08)
    assert [it.pitch for it in found] == pytest.approx(keys(found), abs=0.15)


def test_levels_are_those_of_the_chords():
    found = found_in(clip_of(gain=0.25))
    loud = np.mean([it.level for it in found if it.start < 1.1])
    soft = np.mean([it.level for it in found if it.start > 1.1])
    assert decibels(soft / loud) == pytest.approx(-12, abs=2)


def test_where_notes_explain_all_nothing_is_heard_again():
    assert found_in(clip_of(), [*FIRST, *SECOND]) == []


def test_only_what_is_missed_is_heard_again():
    assert keys(found_in(clip_of(), FIRST)) == [53, 57, 60]
    assert keys(found_in(clip_of(), SECOND)) == [48, 55, 64]
    assert keys(found_in(clip_of(), [*FIRST, SECOND[0]])) == [57, 60]  # of a chord, its other keys


def test_a_key_that_goes_on_is_struck_again_at_each_onset():
    clip = tune([(0.1, 2.0, 48), (0.1, 0.6, 60), (0.8, 0.6, 64), (1.5, 0.6, 67)], 2.3, RATE)
    found = found_in(clip / np.abs(clip).max())
    starts = [it.start for it in found if round(it.pitch) == 48]
    assert starts == pytest.approx([0.1, 0.8, 1.5], abs=0.03)


def test_a_chord_has_no_more_voices_than_hands_play():
    clip = tune([(0.1, 1, pitch) for pitch in range(40, 90, 5)], 1.2, RATE)
    found = found_in(clip / np.abs(clip).max())
    for start in {it.start for it in found}:
        assert sum(it.start == start for it in found) <= SETTINGS.voices


@pytest.mark.parametrize("size", [0, 1, 100, RATE])
def test_in_silence_however_short_nothing_is_heard(size):
    assert found_in(np.zeros(size, np.float32)) == []


@pytest.mark.parametrize("size", [1, 10, 100, 1000, 5000])
def test_what_is_heard_in_a_short_clip_is_sound(size):
    clip = clip_of()[round(0.4 * RATE) :][:size]
    for it in found_in(clip / np.abs(clip).max()):
        assert it.start < it.end
        assert 0 <= it.start <= size / RATE
        assert np.isfinite([it.pitch, it.level]).all()


@pytest.mark.parametrize("channels", [1, 2])
def test_noise_has_no_chords(channels):
    assert listen(noise(2, RATE, channels=channels), RATE, Progress()).chords == []
