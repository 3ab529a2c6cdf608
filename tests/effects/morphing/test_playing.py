"""Notes and strokes as two instruments play them: together, wherever stretches begin."""

from dataclasses import replace

import numpy as np
import pytest
from support.pieces import piece
from support.players import player
from support.samplers import DULL, SAW, tone

from effects.engines.sampler.instrument import Grain
from effects.morphing import playing
from effects.morphing.middle import Between
from effects.morphing.playing import notes_played
from effects.notes.note import Note

RATE = 22_050
SHAPE = (1, 3 * RATE)


def instrument(partials, late=0.0):
    """One note of a timbre, which sounds so many seconds after it begins."""
    sound = np.concatenate([np.zeros(round(late * RATE), np.float32), tone(60, 1, RATE, partials)])
    return player(Grain(60.0, 0.1, 1.0, 1.0, 0, sound), release=200.0)


def given(instrument_of, channels=1):
    silence = np.zeros((channels, SHAPE[1]), np.float32)
    return replace(piece(), audio=silence, sample_rate=RATE, instrument=instrument_of)


def notes(at=0.5):
    found = [Note(0.2 + 0.4 * it, 0.5 + 0.4 * it, 60.0 + it, 0.1, 1.0) for it in range(6)]
    return [Between(it, at, it, it) for it in found]


def ignore(fraction):
    pass


def onset(audio):
    level = np.abs(audio)
    return np.argmax(level > 0.5 * level.max()) / RATE


def test_both_play_the_same_notes_each_with_its_own_sound():
    part = notes_played(notes(), given(instrument(SAW)), given(instrument(DULL)), SHAPE, ignore)
    a, b = part.a[0], part.b[0]
    assert not part.alone
    assert np.abs(a - b).max() > 0.1 * np.abs(a).max()
    spectra = [np.abs(np.fft.rfft(it[round(0.2 * RATE) : round(0.5 * RATE)])) for it in (a, b)]
    assert spectra[0].argmax() == spectra[1].argmax()
    np.testing.assert_allclose(part.onsets, [it.note.start for it in notes()])


def test_attacks_meet_between_those_of_both():
    late = given(instrument(SAW, late=0.04))
    starts = []
    for at in (0.0, 0.5, 1.0):
        part = notes_played(notes(at)[:1], given(instrument(SAW)), late, SHAPE, ignore)
        first, last = onset(part.a[0]), onset(part.b[0])
        assert first == pytest.approx(last, abs=0.002)
        starts.append(first)
    np.testing.assert_allclose(np.diff(starts), 0.02, atol=0.003)


def test_one_instrument_plays_alone():
    part = notes_played(notes(), given(None), given(instrument(SAW)), SHAPE, ignore)
    assert part.alone
    assert part.a.any()
    assert notes_played(notes(), given(None), given(None), SHAPE, ignore) is None
    assert notes_played([], given(None), given(instrument(SAW)), SHAPE, ignore) is None


def test_stretches_make_no_difference(monkeypatch):
    both = given(instrument(SAW)), given(instrument(DULL))
    whole = notes_played(notes(), *both, SHAPE, ignore)
    monkeypatch.setattr(playing, "SETTINGS", replace(playing.SETTINGS, together_seconds=0.7))
    parts = notes_played(notes(), *both, SHAPE, ignore)
    np.testing.assert_array_equal(parts.a, whole.a)
    np.testing.assert_array_equal(parts.b, whole.b)


def test_a_note_goes_from_where_a_has_it_to_where_b_has_it():
    at = np.arange(SHAPE[1]) / RATE
    sound = np.sin(2 * np.pi * 261.6 * at).astype(np.float32)
    left, right = (np.stack([x * sound, y * sound]) for x, y in ((1, 0), (0, 1)))
    pieces = [replace(given(instrument(SAW)), audio=it) for it in (left, right)]
    for share, expected in ((0.0, (1, 0)), (0.5, (0.5, 0.5)), (1.0, (0, 1))):
        part = notes_played(notes(share)[:1], *pieces, (2, SHAPE[1]), ignore)
        power = np.square(part.a, dtype=np.float64).sum(axis=1)
        np.testing.assert_allclose(power / power.sum(), expected, atol=0.01)
