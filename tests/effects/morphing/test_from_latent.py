"""The latent's middle: A's notes at 0, B's at 1, as many as there should be between."""

from itertools import pairwise

import numpy as np
import pytest
from support.codecs import FakeCodec

from effects.latent.roll import step_of
from effects.morphing.at import At
from effects.morphing.from_latent import from_latent
from effects.morphing.middle import Between
from effects.morphing.piece import NOTES, Piece
from effects.notes.note import Note
from effects.warping.timeline import Passage, Timeline

SECONDS = 12.0
SILENCE = np.zeros((1, round(SECONDS * 8000)), np.float32)
CODEC = FakeCodec()
SAME_TIME = Timeline((Passage(np.array([0, SECONDS]), np.array([0, SECONDS])),))
TIMES = SAME_TIME, SAME_TIME


def piece(notes):
    return Piece("it", SILENCE, 8000, NOTES, sorted(notes), [], None, None, None)


def tune(seed, count, low):
    random = np.random.default_rng(seed)
    starts = np.sort(random.choice(np.arange(0, SECONDS - 0.5, 0.27), count, replace=False))
    return [
        Note(float(at), float(at) + 0.2, low + float(random.integers(0, 12)), 0.05 + 0.01 * n, 1)
        for n, at in enumerate(starts)
    ]


A, B = piece(tune(1, 12, 60)), piece(tune(2, 30, 67))
BOTH = piece([*tune(1, 12, 60), *tune(3, 10, 48)])


def middle(at, a=A, b=B, moved=None, times=TIMES):
    return from_latent(a, b, At.of(at, SECONDS), times, moved, CODEC)


def places(notes):
    return {(step_of(it.start), round(it.pitch)) for it in notes}


@pytest.mark.parametrize(("at", "there"), [(0.0, A), (1.0, B)])
def test_at_the_ends_it_is_the_notes_of_that_piece(at, there):
    found = middle(at)
    assert [it.note for it in found] == list(there.notes)
    assert [it.a if at == 0 else it.b for it in found] == list(there.notes)


@pytest.mark.parametrize("at", [0.25, 0.5, 0.75])
def test_there_are_as_many_as_there_should_be(at):
    wanted = (1 - at) * len(A.notes) + at * len(B.notes)
    assert len(middle(at)) == pytest.approx(wanted, abs=1)


def test_onsets_of_the_pieces_are_theirs():
    exact = {it.start for it in [*A.notes, *B.notes]}
    found = middle(0.5)
    for it in found:
        if it.a or it.b:
            assert it.note.start in exact
        assert it.at == 0.5
    starts = [it.note.start for it in found]
    assert starts == sorted(starts)


def test_what_both_share_stays():
    for at in (0.2, 0.5, 0.8):
        found = places(it.note for it in middle(at, A, BOTH))
        assert places(A.notes) <= found


def test_a_piece_with_itself_is_itself():
    assert [it.note.start for it in middle(0.5, A, A)] == [it.start for it in A.notes]
    assert [it.note.level for it in middle(0.5, A, A)] == pytest.approx(
        [it.level for it in A.notes]
    )


def test_from_one_to_the_other_over_time():
    found = middle("0:1")
    early = places(it.note for it in found if it.note.start < 2)
    late = places(it.note for it in found if it.note.start > SECONDS - 2)
    assert len(early & places(A.notes)) > 0.6 * len(early)
    assert len(late & places(B.notes)) > 0.6 * len(late)


def test_moved_notes_are_favoured():
    moved = [
        Between(Note(0.5 * n, 0.5 * n + 0.3, 50, 0.1, 1), 0.5, A.notes[0], None) for n in range(20)
    ]
    alone = places(it.note for it in middle(0.5))
    both = places(it.note for it in middle(0.5, moved=moved))
    wanted = places(it.note for it in moved)
    assert len(both & wanted) > len(alone & wanted)
    assert len(middle(0.5, moved=moved)) == len(middle(0.5))


def test_one_voice_stays_one():
    found = middle(0.5)
    for one, other in pairwise(found):
        assert one.note.end <= other.note.start + 0.03


def test_a_piece_at_another_tempo_is_heard_there():
    faster = Timeline((Passage(np.array([0, SECONDS / 2]), np.array([0, SECONDS])),))
    found = middle(1.0, times=(SAME_TIME, faster))
    assert [it.note.start for it in found] == pytest.approx([it.start / 2 for it in B.notes])
    assert [it.b for it in found] == list(B.notes)


def test_only_one_has_notes_or_none():
    nothing = piece([])
    assert len(middle(0.5, A, nothing)) == pytest.approx(len(A.notes) / 2, abs=1)
    assert middle(1.0, A, nothing) == []
    assert middle(0.5, nothing, nothing) == []


def test_the_same_middle_again():
    assert middle(0.4) == middle(0.4)
