"""What the note network learns from: tunes, organs, rooms and what else happens to a sound."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.training import additive, hear, rooms, tunes
from benchmarks.training.recording import amplified, coded, recorded
from effects.notes.basic_pitch import RATE
from effects.notes.note import Note
from effects.signal.units import midi_to_hz
from presets.studio import score

SEEDS = range(6)
LOW, HIGH = 36, 84


def tone(hz, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def strength(clip, hz):
    """The amplitude of a sine of that frequency in a clip."""
    wave = np.exp(-2j * np.pi * hz * np.arange(clip.size) / RATE) * np.hanning(clip.size)
    return abs(clip @ wave) / (np.hanning(clip.size).sum() / 2)


def eight_foot(**changes):
    amplitudes = np.zeros(additive.MULTIPLES)
    amplitudes[1] = 1
    rank = additive.Rank(amplitudes, changes.pop("cents", 0.0), folds=False)
    kind = {"attack_seconds": 0.01, "release_seconds": 0.05, "click": 0.0, "wobble_hz": 0.0}
    kind |= {"wobble_db": 0.0, "wobble_cents": 0.0, "touch_db": 0.0}
    return additive.Organ((rank,), **(kind | changes))


def held(key, seconds=1.0):
    return score.Score((score.Note(0.0, seconds, key, 100),), seconds)


@pytest.mark.parametrize("make", [tunes.hymn, tunes.riff])
@pytest.mark.parametrize("seed", SEEDS)
def test_tunes_keep_to_their_keys_and_their_time(make, seed):
    tune = make(random.Random(seed), LOW, HIGH)
    assert all(LOW <= it.key <= HIGH for it in tune.notes)
    assert all(it.seconds > 0 and it.start + it.seconds < tune.seconds for it in tune.notes)
    assert tune == make(random.Random(seed), LOW, HIGH)


@pytest.mark.parametrize("make", [tunes.hymn, tunes.riff])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_key_is_not_struck_while_it_is_down(make, seed):
    tune = make(random.Random(seed), LOW, HIGH)
    for key in {it.key for it in tune.notes}:
        own = sorted(it for it in tune.notes if it.key == key)
        for note, following in pairwise(own):
            assert note.start + note.seconds <= following.start + 0.001


def test_a_stop_of_eight_feet_sounds_the_key_and_no_other():
    clip = additive.play(eight_foot(), held(69), random.Random(0))
    assert strength(clip, 440) == pytest.approx(1, abs=0.1)
    assert strength(clip, 220) < 0.01
    assert strength(clip, 880) < 0.01


def test_a_rank_is_as_far_out_of_tune_as_it_says():
    clip = additive.play(eight_foot(cents=50), held(69, 2.0), random.Random(0))
    assert strength(clip, midi_to_hz(69.5)) > 0.9
    assert strength(clip, 440) < 0.1


def test_a_registration_tells_its_keys_unless_another_octave_is_as_strong():
    assert eight_foot().tells_its_keys()
    for multiple, decibels, tells in ((1, -12, True), (1, 0, False), (4, 6, True), (4, 20, False)):
        amplitudes = np.zeros(additive.MULTIPLES)
        amplitudes[multiple - 1] = 10 ** (decibels / 20)
        stop = additive.Rank(amplitudes, 0.0, folds=False)
        both = replace(eight_foot(), ranks=(*eight_foot().ranks, stop))
        assert both.tells_its_keys() is tells


@pytest.mark.parametrize("make", [additive.tonewheels, additive.pipes, additive.reeds])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_registration_sounds_and_only_while_it_is_played(make, seed):
    draw = random.Random(seed)
    tune = score.Score((score.Note(0.5, 0.5, 60, 90),), 2.0)
    clip = additive.play(make(draw), tune, draw)
    assert np.abs(clip).max() == pytest.approx(1)
    assert not clip[: round(0.5 * RATE)].any()
    assert not clip[round(1.5 * RATE) :].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_rooms_decay_as_eyring_says(seed):
    """The time from -5 to -25 dB of what is still to come, times three, is the decay by 60 dB."""
    room = rooms.drawn(random.Random(seed))
    _, heard = rooms.reflections(room, np.random.default_rng(0))
    rest = np.cumsum(heard[::-1] ** 2)[::-1]
    db = 10 * np.log10(rest / rest[0])
    measured = 3 * (np.argmax(db < -25) - np.argmax(db < -5)) / RATE
    assert measured == pytest.approx(room.decay_seconds, rel=0.35)


def test_the_first_reflection_is_the_floors():
    """Source and ear 2 m apart and 1 m above the floor: 2√2 m instead of 2, all else farther."""
    room = rooms.Room((40.0, 40.0, 40.0), (20.0, 20.0, 1.0), (22.0, 20.0, 1.0), absorbs=0.19)
    delay, heard = rooms.reflections(room, np.random.default_rng(0))
    first = np.flatnonzero(heard)[0]
    assert delay == pytest.approx(2 / rooms.SOUND)
    assert first == round((8**0.5 - 2) / rooms.SOUND * RATE)
    assert heard[first] == pytest.approx(0.9 * 2 / 8**0.5)  # a wall leaves 0.81 of the energy


def test_the_codec_does_not_move_a_sound():
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 1
    for quality in (3, 9.9):
        assert abs(int(np.abs(coded(click, quality)).argmax()) - RATE // 2) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_an_amplifier_keeps_length_and_pitch(seed):
    clip = amplified(random.Random(seed), tone(440))
    assert clip.shape == (RATE,)
    assert np.isfinite(clip).all()
    assert strength(clip, 440) > 10 * strength(clip, 400)


@pytest.mark.parametrize("seed", SEEDS)
def test_notes_stay_with_the_sound_when_it_is_played_faster(seed):
    """Clicks that are recorded are where their notes are, within the 5 ms of filters."""
    clip, starts = np.zeros(8 * RATE, np.float32), np.array([1.0, 3.0, 6.0])
    clip[np.round(starts * RATE).astype(int)] = 1
    notes = np.stack([starts, starts + 0.5, [60, 62, 64], [90, 90, 90]], axis=1)
    heard, moved = recorded(random.Random(seed), clip, notes)
    assert np.isfinite(heard).all()
    for start in moved[:, 0]:
        around = np.abs(heard[round((start - 0.1) * RATE) : round((start + 0.1) * RATE)])
        assert abs(int(around.argmax()) / RATE - 0.1) < 0.005


def test_what_is_played_is_heard_perfectly_and_silence_not_at_all():
    tune = tunes.hymn(random.Random(1), LOW, HIGH)
    right = [Note(it.start, it.start + it.seconds, it.key, 0.1, 1.0) for it in tune.notes]
    octave = [Note(it.start, it.end, it.pitch + 12, 0.1, 1.0) for it in right]
    assert hear.heard(right, tune) == hear.Heard(1.0, 1.0, 0.0)
    assert hear.heard([], tune) == hear.Heard(0.0, 0.0, 1.0)
    assert hear.heard(octave, tune).f < 0.5
    assert hear.heard(octave, tune).f_any_octave == 1.0
