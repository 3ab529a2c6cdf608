"""The tuning of a clip."""

import numpy as np
import pytest
from hypothesis import given
from support.players import RELAXED, note, some_notes

from effects.notes.tuning import in_tune


def pitches(notes):
    return [it.pitch for it in notes]


def test_a_clip_a_quarter_of_a_semitone_sharp_keeps_its_tuning():
    random = np.random.default_rng(0)
    sharp = [note(n, 0.5, 60 + n + 0.25 + random.normal(0, 0.04)) for n in range(10)]
    assert pitches(in_tune(sharp)) == pytest.approx([60.25 + n for n in range(10)], abs=0.05)


def test_notes_all_over_are_left_where_they_are():
    spread = [note(n, 0.5, 60 + n * 1.1) for n in range(10)]
    assert in_tune(spread) == spread
    assert in_tune([]) == []


def test_a_short_slip_does_not_move_a_tuning():
    notes = [*(note(n, 1.0, 60 + n) for n in range(5)), note(6, 0.05, 62.4)]
    assert pitches(in_tune(notes))[:5] == pytest.approx([60, 61, 62, 63, 64], abs=0.02)


@RELAXED
@given(some_notes)
def test_tuning_moves_no_note_by_more_than_half_a_semitone_and_only_its_pitch(notes):
    found = in_tune(notes)
    for was, now in zip(notes, found, strict=True):
        assert abs(was.pitch - now.pitch) <= 0.5 + 1e-9
        assert (was.start, was.end, was.level) == (now.start, now.end, now.level)
    again = in_tune(found)
    assert pitches(again) == pytest.approx(pitches(found), abs=1e-6)
