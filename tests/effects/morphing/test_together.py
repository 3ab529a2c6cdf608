"""Pieces that lie together already are not moved."""

from dataclasses import replace

from support.pieces import melody, piece

from effects.morphing.together import are_together

TUNE = piece(melody(1))


def test_the_same_tune_as_another_player_plays_it_lies_together():
    late = [replace(it, start=it.start + 0.03, end=it.end - 0.1) for it in TUNE.notes]
    assert are_together(TUNE, piece(late))
    assert are_together(TUNE, piece(late[::2]))  # of which the other hears half


def test_another_tune_or_the_same_one_later_does_not():
    later = [replace(it, start=it.start + 1.03, end=it.end + 1.03) for it in TUNE.notes]
    assert not are_together(TUNE, piece(later))
    assert not any(are_together(TUNE, piece(melody(seed))) for seed in range(2, 12))


def test_hardly_a_note_says_nothing():
    assert not are_together(TUNE, piece(TUNE.notes[:2]))
    assert not are_together(TUNE, piece())
