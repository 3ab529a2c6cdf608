"""A clip with one voice: whether it is, whether notes describe it, and what its line mends."""

import numpy as np
import pytest
import soxr

from effects.notes import basic_pitch
from effects.notes.note import Note
from effects.notes.pitch_line import follow
from effects.notes.single_voice import corrected, is_single, is_voice

RATE = basic_pitch.RATE
SECONDS = 3.0
TUNE = [(0.1, 0.5, 60.0), (0.7, 0.5, 64.0), (1.3, 0.5, 62.0), (1.9, 0.6, 67.0)]
GLIDE = 57 + 12 * np.sin(np.pi * np.arange(round(SECONDS * RATE)) / RATE / SECONDS) ** 2


def tone(pitch, harmonics=8):
    """Harmonics along a pitch; silence where it is not a number."""
    turns = np.cumsum(440 * 2 ** ((np.nan_to_num(pitch, nan=69) - 69) / 12)) / RATE
    sound = sum(np.sin(2 * np.pi * n * turns) / n for n in range(1, harmonics + 1))
    return (0.1 * sound * ~np.isnan(pitch)).astype(np.float32)


def tune(notes=TUNE):
    pitch = np.full(round(SECONDS * RATE), np.nan)
    for start, seconds, key in notes:
        pitch[round(start * RATE) : round((start + seconds) * RATE)] = key
    return tone(pitch)


def heard(notes=TUNE, level=0.08):
    return [Note(start, start + seconds, key, level, 0.9) for start, seconds, key in notes]


def mended(notes, clip):
    return corrected(notes, follow(clip, RATE), clip)


def same(found, wanted):
    assert [it.pitch for it in found] == pytest.approx([key for _, _, key in wanted], abs=0.1)
    assert [it.start for it in found] == pytest.approx([start for start, _, _ in wanted], abs=0.05)
    assert [it.seconds for it in found] == pytest.approx([it for _, it, _ in wanted], abs=0.1)


def test_a_tune_of_one_note_at_a_time_is_single_and_chords_and_noise_are_not():
    assert is_single(follow(tune(), RATE), heard())
    third = [(start, seconds, key + 4) for start, seconds, key in TUNE]
    both = tune() + tune(third)
    assert not is_single(follow(both, RATE), sorted(heard() + heard(third)))
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert not is_single(follow(noise, RATE), [])


@pytest.mark.parametrize("size", [0, 1, 300, RATE])
def test_silence_is_no_voice(size):
    line = follow(np.zeros(size, np.float32), RATE)
    assert not is_single(line, [])
    assert not is_voice(line, [])


def test_right_notes_stay_as_they_are():
    assert mended(heard(), tune()) == heard()


@pytest.mark.parametrize("wrong", [-24, -12, 12, 19])
def test_a_note_in_a_wrong_octave_is_put_right(wrong):
    notes = heard()
    first, bad, *rest = notes
    bad = Note(bad.start, bad.end, bad.pitch + wrong, 0.01, 0.6)
    found = mended([first, bad, *rest], tune())
    same(found, TUNE)
    assert [it for it in found if it in notes] == [first, *rest]
    assert found[1].level > 0.05  # of the note that is there


@pytest.mark.parametrize("missed", range(len(TUNE)))
def test_a_note_that_was_missed_is_found(missed):
    notes = heard()
    del notes[missed]
    same(mended(notes, tune()), TUNE)


def test_the_ring_of_a_note_is_no_note():
    short = [(start, seconds / 2, key) for start, seconds, key in TUNE]
    assert mended(heard(short), tune()) == heard(short)


def test_a_slide_that_no_note_describes_changes_no_note():
    clip = tone(np.where(np.arange(GLIDE.size) > RATE, GLIDE, 57.0))
    notes = [Note(1.2, 2.8, 64.0, 0.08, 0.9)]
    assert notes[0] in mended(notes, clip)


def test_what_glides_is_a_voice_and_steady_notes_are_none():
    assert is_voice(follow(tone(GLIDE), RATE), [])
    assert not is_voice(follow(tune(), RATE), [])
    assert not is_voice(follow(tune(), RATE), heard())


def test_a_glide_that_notes_describe_is_no_voice():
    """Vibrato, or an instrument whose partials mislead the line."""
    vibrato = 64 + 0.4 * np.sin(2 * np.pi * 5 * np.arange(GLIDE.size) / RATE)
    assert not is_voice(follow(tone(vibrato), RATE), [Note(0.0, SECONDS, 64.0, 0.1, 1.0)])


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_the_rate_of_the_line_is_nothing_to_the_notes(rate):
    line = follow(soxr.resample(tune(), RATE, rate), rate)
    same(corrected(heard()[1:], line, tune()), TUNE)
