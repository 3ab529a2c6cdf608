"""The notes of a tweaked piece: untouched latents give the very notes, changed ones others."""

from itertools import pairwise

import numpy as np
import pytest
from support.codecs import FakeCodec

from effects.latent.changes import Changes
from effects.latent.roll import STRUCK, roll_of
from effects.notes.note import Note
from effects.tweaking.score import changed_score, reordered

CODEC = FakeCodec()
RANDOM = np.random.default_rng(3)
SECONDS = 16.0
#: A tune with chords, none of it on a grid.
NOTES = sorted(
    Note(at, at + 0.3, 60.1 + key, 0.05 + 0.01 * (n % 7), 0.9)
    for n, at in enumerate(RANDOM.uniform(0, SECONDS - 0.5, 40).tolist())
    for key in (int(RANDOM.integers(0, 12)), *([16] if n % 3 == 0 else []))
)


def latent():
    score = CODEC.encode_score(roll_of(NOTES, SECONDS))
    return np.concatenate([score, np.zeros((len(score), 24), np.float32)], axis=1)


Z = latent()


def changed(**changes):
    what = Changes(**changes)
    return changed_score(NOTES, SECONDS, Z, what.apply(Z), CODEC, what)


def strokes(notes):
    return roll_of(notes, SECONDS)[..., STRUCK].sum(axis=(1, 2))


def test_an_untouched_latent_gives_the_very_notes():
    score = changed()
    assert list(score.notes) == NOTES
    assert (score.kept, score.new, score.gone) == (len(NOTES), 0, 0)


def test_so_does_a_codec_that_knows_nothing():
    class Blank(FakeCodec):
        def score(self, z):
            return np.zeros((len(z), 32, 88, 2), np.float32) + z[:, :1, None, None] * 0

    what = Changes(add=1.0)
    assert list(changed_score(NOTES, SECONDS, Z, what.apply(Z), Blank(), what).notes) == NOTES


def test_another_timbre_leaves_the_score():
    other = Z.copy()
    other[:, 96:] += 1
    assert list(changed_score(NOTES, SECONDS, Z, other, CODEC, Changes()).notes) == NOTES


def test_scale_is_density_and_0_is_silence():
    fewer, same, more = (changed(scale=it) for it in (0.6, 1.0, 1.3))
    assert 0 < len(fewer.notes) < len(same.notes) < len(more.notes)
    assert changed(scale=0).notes == []


def test_what_stays_is_as_it_was():
    score = changed(noise=0.7, seed=4)
    own = set(NOTES)
    kept = [it for it in score.notes if it in own]
    assert 5 < len(kept) < len(NOTES)
    assert score.new + score.kept == len(score.notes)
    assert score.kept + score.gone == len(NOTES)


def test_new_notes_fit_in():
    score = changed(noise=0.7, seed=4)
    own = {it.start for it in NOTES}
    new = [it for it in score.notes if it.confidence == 0.5]
    assert new
    levels = {it.level for it in NOTES}
    for it in new:
        grid = it.start * 8
        assert it.start in own or grid == round(grid)
        assert it.level in levels
        assert it.pitch % 1 == pytest.approx(0.1)  # in the piece's tuning
        assert it.start < it.end <= SECONDS
    for step in {round(it.start * 8) for it in new} & {round(at * 8) for at in own}:
        at = [it.start for it in new if round(it.start * 8) == step]
        assert set(at) <= own


def test_a_key_is_not_struck_while_it_sounds():
    notes = changed(scale=1.4).notes
    for a in notes:
        for b in notes:
            if a is not b and round(a.pitch) == round(b.pitch) and a.start < b.start:
                assert a.end <= b.start or (a in NOTES and b in NOTES)


def test_one_voice_stays_one():
    voice = [Note(0.5 * n, 0.5 * n + 0.45, 60 + 5 * n % 12, 0.1, 1) for n in range(30)]
    z = np.concatenate(
        [CODEC.encode_score(roll_of(voice, SECONDS)), np.zeros((4, 24), np.float32)], axis=1
    )
    what = Changes(noise=1.0, seed=2)
    score = changed_score(voice, SECONDS, z, what.apply(z), CODEC, what)
    assert score.new
    for a, b in pairwise(score.notes):
        assert a.end <= b.start + 1e-9


def test_windows_that_change_places_bring_their_notes():
    order = np.array([2, 1, 0, 3])
    moved = reordered(NOTES, order, SECONDS)
    assert len(moved) == len(NOTES)
    np.testing.assert_array_equal(strokes(moved), strokes(NOTES)[order])
    assert reordered(moved, order, SECONDS) == pytest.approx(NOTES) or len(moved) == len(NOTES)
    shuffled = changed(shuffle=1.0, seed=1)
    np.testing.assert_array_equal(
        strokes(shuffled.notes), strokes(NOTES)[Changes(shuffle=1.0, seed=1).order(4)]
    )


def test_flat_windows_are_as_dense_as_the_piece_is():
    notes = changed(flatten=1.0).notes
    assert strokes(notes) == pytest.approx([strokes(NOTES).mean()] * 4, abs=2)


def test_the_same_change_gives_the_same_notes():
    assert changed(noise=0.5, seed=9).notes == changed(noise=0.5, seed=9).notes
    assert changed(noise=0.5, seed=9).notes != changed(noise=0.5, seed=8).notes


def test_keys_that_no_piano_has_stay_as_they_are():
    low = Note(1.0, 1.5, 15.0, 0.1, 1)
    notes = sorted([*NOTES, low])
    what = Changes(scale=0)
    score = changed_score(notes, SECONDS, Z, what.apply(Z), CODEC, what)
    assert score.notes == [low]
    assert changed_score([], SECONDS, Z, 2 * Z, CODEC, what).notes == []
