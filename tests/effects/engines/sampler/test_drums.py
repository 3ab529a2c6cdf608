"""Drums beside notes: when they are found."""

import numpy as np
import pytest
from support.players import RATE, decibels
from support.samplers import BRIGHT, DARK, hz, strokes_of, together, tune
from support.sounds import melody, noise

from effects.engines.sampler.drums import Drums
from effects.engines.sampler.listen import listen
from effects.engines.sampler.strokes import root_mean_square
from effects.running.progress import Progress

SECONDS = 3.0
BEATS = [(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(11)]
KIT = strokes_of(BEATS, SECONDS, RATE)
TUNE = tune([(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59), (2.15, 0.35, 67)], SECONDS, RATE)
CHORDS = tune([(0.05, 1.4, it) for it in (48, 55, 64)], SECONDS, RATE)
CHORDS += tune([(1.5, 1.4, it) for it in (53, 57, 60)], SECONDS, RATE)


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def mixed(notes, amount, drums=KIT):
    """Notes with drums of so much of their level, ``[1, samples]``."""
    return (notes + np.float32(amount * level(notes) / level(drums)) * drums)[None]


def marimba(pitch):
    """A bar of wood: its partials are 1, 4 and 9.8, and the higher ones are short."""
    t = np.arange(RATE // 2) / RATE
    partials = ((1.0, 1.0, 8.0), (0.4, 4.0, 40.0), (0.2, 9.8, 80.0))
    sound = sum(a * np.exp(-b * t) * np.sin(2 * np.pi * k * hz(pitch) * t) for a, k, b in partials)
    return (0.3 * np.minimum(t / 0.002, 1) * sound).astype(np.float32)


def plucked(pitch, seed):
    """A string after Karplus & Strong: noise that goes round in a loop, and is smoothed."""
    period = round(RATE / hz(pitch))
    turn = np.random.default_rng(seed).uniform(-1, 1, period)
    turns = []
    for _ in range(round(0.9 * RATE / period)):
        turns.append(turn)
        turn = 0.498 * (turn + np.roll(turn, -1))
    return (0.3 * np.concatenate(turns)).astype(np.float32)


def of_keys(sound, keys, apart):
    return together([(0.1 + apart * n, sound(n, it)) for n, it in enumerate(keys)], SECONDS, RATE)


@pytest.mark.parametrize("amount", [0.5, 0.7])
@pytest.mark.parametrize("notes", [TUNE, CHORDS], ids=["tune", "chords"])
def test_drums_beside_notes_are_found_and_are_the_drums(notes, amount):
    stem = mixed(notes, amount)
    found = Drums(stem, RATE)
    assert found.kit
    assert not found.alone
    drums = stem - notes
    assert found.share == pytest.approx((level(drums) / level(stem)) ** 2, abs=0.05)
    # What is wrong of them is softer than they are by 6 dB, and than the notes by 12 dB.
    assert decibels(level(found.audio - drums) / level(drums)) < -6


def test_their_strokes_are_the_drums_own():
    found = Drums(mixed(CHORDS, 0.7), RATE).strokes(root_mean_square)
    starts = np.array([it.start for it in found if it.level > 0.1 * max(it.level for it in found)])
    assert all(np.abs(starts - at).min() < 0.01 for at, _ in BEATS)


@pytest.mark.parametrize(
    "notes",
    [
        TUNE,
        CHORDS,
        melody(SECONDS, RATE)[0],
        of_keys(lambda n, it: plucked(it, n), (52, 59, 64, 67, 55, 62, 71), 0.35),
        of_keys(lambda _, it: marimba(it), (60, 67, 64, 72, 65, 74, 60, 64, 67, 72, 55, 60), 0.2),
    ],
    ids=["tune", "chords", "decaying", "guitar", "marimba"],
)
def test_a_tune_alone_has_no_drums(notes):
    found = Drums(notes[None], RATE)
    assert not found.kit
    assert not found.alone


@pytest.mark.parametrize("amount", [0.35, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("notes", [TUNE, CHORDS], ids=["tune", "chords"])
def test_soft_drums_and_loud_drums_are_heard_beside_notes(notes, amount):
    stem = listen(mixed(notes, amount), RATE, Progress())
    assert stem.drums_beside
    assert stem.chords == [] or max(it.level for it in stem.chords) < 0.1


@pytest.mark.parametrize("stem", [TUNE, KIT, noise(SECONDS, RATE)[0]], ids=["tune", "kit", "noise"])
def test_beside_a_tune_alone_drums_alone_or_noise_there_are_none(stem):
    assert listen(stem[None], RATE, Progress()).drums_beside is None


def test_drums_alone_are_alone():
    found = Drums(KIT[None], RATE)
    assert found.alone
    assert found.kit
    assert found.share > 0.9


@pytest.mark.parametrize("gain", [1e-4, 1e3])
def test_the_level_of_a_stem_does_not_matter(gain):
    stem = mixed(TUNE, 0.6)
    found, expected = Drums(stem * np.float32(gain), RATE), Drums(stem, RATE)
    assert found.kit == expected.kit
    assert found.share == pytest.approx(expected.share, rel=1e-3)
    starts = [[round(s.start, 3) for s in it.strokes(root_mean_square)] for it in (found, expected)]
    assert starts[0] == starts[1]


def test_both_sides_of_a_stereo_stem_are_kept():
    stem = np.vstack([KIT, TUNE])
    found = Drums(stem, RATE)
    assert found.audio.shape == stem.shape
    assert decibels(level(found.audio[0] - KIT) / level(KIT)) < -9
    assert level(found.audio[1]) < 0.3 * level(TUNE)


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("size", [1, 10, 100, 5000])
def test_stems_of_any_rate_and_length(rate, size):
    found = Drums(noise(1, 8000, channels=2)[:, :size], rate)
    assert found.audio.shape == (2, size)
    assert 0 <= found.share <= 1.001
    assert np.isfinite([it.level for it in found.strokes(root_mean_square)]).all()
