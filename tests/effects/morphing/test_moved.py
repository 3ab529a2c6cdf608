"""Notes between those of two pieces: one tune, at its place between both."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import wasserstein_distance
from support.pieces import MAJOR, OWN_TIMES, SECONDS, groove, melody, piece

from effects.morphing.at import At
from effects.morphing.moved import moved
from effects.morphing.tidied import is_single
from effects.notes.note import Note
from effects.warping.timeline import Passage, Timeline

SEEDS = range(6)
XS = (0.0, 0.25, 0.5, 0.75, 1.0)


def between(a, b, at, seed=0, times=OWN_TIMES):
    return moved(piece(a), piece(b), At.of(at, SECONDS), times, seed)


def notes(*arguments, **more):
    return [it.note for it in between(*arguments, **more)]


def onsets(found):
    starts = sorted(it.start for it in found)
    return [it for before, it in pairwise([-1.0, *starts]) if it - before > 0.03]


def tunes(seed, voices=1):
    return melody(2 * seed, voices=voices), melody(2 * seed + 1, voices=voices)


def sounding(found):
    """Whether anything does, every 10 ms."""
    out = np.zeros(round(SECONDS * 100), bool)
    for it in found:
        out[round(it.start * 100) : round(it.end * 100)] = True
    return out


@pytest.mark.parametrize("voices", [1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_ends_are_the_pieces_themselves(seed, voices):
    a, b = tunes(seed, voices)
    assert notes(a, b, 0.0) == a
    assert notes(a, b, 1.0) == b


@pytest.mark.parametrize("seed", SEEDS)
def test_every_onset_is_one_of_either_and_those_of_b_become_more(seed):
    a, b = tunes(seed)
    own, other = ({round(it, 6) for it in onsets(found)} for found in (a, b))
    of_b = []
    for x in np.linspace(0, 1, 11):
        found = {round(it, 6) for it in onsets(notes(a, b, float(x)))}
        assert found <= own | other
        of_b.append(found & (other - own))
    assert all(before <= after for before, after in pairwise(of_b))


def mean_over_pairs(figure, voices):
    return np.mean([figure(*tunes(seed, voices)) for seed in SEEDS], axis=0)


@pytest.mark.parametrize("voices", [1, 3])
def test_the_middle_has_as_many_onsets_and_voices_as_the_ends_in_the_mean(voices):
    def figures(a, b):
        found = notes(a, b, 0.5)
        struck = len(onsets(found)) / np.mean([len(onsets(a)), len(onsets(b))])
        lengths = [sum(it.seconds for it in tune) for tune in (a, found, b)]
        return struck, lengths[1] / np.mean([lengths[0], lengths[2]])

    struck, voiced = mean_over_pairs(figures, voices)
    assert 0.9 < struck < 1.1
    assert 0.95 < voiced < 1.1


@pytest.mark.parametrize("voices", [1, 3])
def test_pitches_are_at_their_place(voices):
    def apart(one, two):
        values, weights = zip(
            *(([it.pitch for it in n], [it.seconds for it in n]) for n in (one, two)), strict=True
        )
        return wasserstein_distance(*values, *weights)

    def places(a, b):
        b = [replace(it, pitch=it.pitch + 12) for it in b]  # far enough for a place to be seen
        found = [notes(a, b, x) for x in XS]
        return [apart(it, a) / (apart(it, a) + apart(it, b)) for it in found]

    np.testing.assert_allclose(mean_over_pairs(places, voices), XS, atol=0.05)


@pytest.mark.parametrize("voices", [1, 3])
def test_nothing_falls_silent_where_both_sound(voices):
    for seed in SEEDS:
        a, b = tunes(seed, voices)
        for x in XS:
            both = sounding(a) & sounding(b)
            gaps = both & ~sounding(notes(a, b, x))
            assert gaps.sum() <= 0.03 * both.sum()


@pytest.mark.parametrize("slot", [0.7, 0.9, 1.1])
def test_it_begins_when_both_have_begun(slot):
    # The turn may go from B to A between their first notes.
    a = [Note(it, it + 0.95, 60.0, 0.1, 1.0) for it in np.arange(0.1, 7.0, 1.0).tolist()]
    b = [Note(it, it + 0.95 * slot, 64.0, 0.1, 1.0) for it in np.arange(0.5, 7.0, slot).tolist()]
    for x in XS[1:-1]:
        assert notes(a, b, x)[0].start <= b[0].start


def test_what_is_in_one_key_stays_in_it():
    for seed in SEEDS:
        for x in XS:
            assert {round(it.pitch) % 12 for it in notes(*tunes(seed, 3), x)} <= set(MAJOR)


def test_between_two_tunings_the_tuning_is_between():
    a, b = tunes(0)
    b = [replace(it, pitch=it.pitch + 0.4) for it in b]
    for x in (0.25, 0.5):
        off = np.array([it.pitch for it in notes(a, b, x)]) - 0.4 * x
        np.testing.assert_allclose(off, np.round(off), atol=1e-6)
        assert {round(it) % 12 for it in off} <= set(MAJOR)


def test_one_voice_stays_one_voice():
    for seed in SEEDS:
        a, b = tunes(seed)
        assert is_single(notes(a, b, 0.5))
    assert not is_single(notes(*tunes(0, 3), 0.5))


def test_what_both_have_stays():
    """The same tune, heard a little differently on two instruments."""
    draw = np.random.default_rng(0)
    for seed in SEEDS:
        a = melody(seed, voices=3)
        starts = [it.start + draw.uniform(-0.02, 0.02) for it in a]
        b = [replace(it, start=at, level=it.level / 3) for it, at in zip(a, starts, strict=True)]
        for x in XS:
            found = notes(a, sorted(b), x)
            assert sorted(it.pitch for it in found) == sorted(it.pitch for it in a)
            assert max(min(abs(it.start - own.start) for own in a) for it in found) < 0.03


def test_hardly_a_note_of_only_one_is_heard_in_the_middle():
    """Else it would be both pieces at once."""

    def among(it, others, seconds):
        near = [other for other in others if abs(it.start - other.start) < seconds]
        return any(abs(it.pitch - other.pitch) < 0.5 for other in near)

    def layered(a, b):
        found = notes(a, b, 0.5)
        shares = []
        for own, other in ((a, b), (b, a)):
            alone = [it for it in own if not among(it, other, 0.25)]
            shares.append(np.mean([among(it, found, 0.1) for it in alone]))
        return np.mean(shares)

    assert mean_over_pairs(layered, 1) < 0.15
    assert mean_over_pairs(layered, 3) < 0.2  # of many chords on 20 keys some are there by chance


def test_levels_are_between_in_decibels():
    a = melody(3)
    b = [replace(it, level=it.level / 100) for it in a]
    for note, own in zip(notes(a, b, 0.25), a, strict=True):
        assert 20 * np.log10(note.level / own.level) == pytest.approx(-10)


def test_a_note_of_one_piece_alone_has_its_level_beside_the_other_made_as_loud():
    a, b = [it for it in melody(3) if it.start < 4], [it for it in melody(4) if it.start > 6]
    quiet = [replace(it, level=it.level / 10) for it in b]
    loud, soft = notes(a, b, 0.5), notes(a, quiet, 0.5)
    ratios = [one.level / other.level for one, other in zip(loud, soft, strict=True)]
    np.testing.assert_allclose(ratios, np.sqrt(10), rtol=1e-6)


def test_a_way_is_each_piece_in_its_own_time():
    a, b = tunes(5)
    found = between(a, b, At((3.0, 5.0), (0.0, 1.0)))
    early, late = ([it for it in found if it.at == x] for x in (0.0, 1.0))
    assert [it.note for it in early] == [it for it in a if it.start <= 3.0]
    assert [it.note for it in late] == [it for it in b if it.start >= 5.0]
    assert all(0 <= it.at <= 1 for it in found)
    assert [it.note.start for it in found] == sorted(it.note.start for it in found)


def test_notes_say_where_they_come_from():
    a, b = tunes(6)
    found = between(a, b, 0.5)
    assert all(it.a in a or it.a is None for it in found)
    assert all(it.b in b or it.b is None for it in found)
    assert all(it.a or it.b for it in found)
    assert sum(it.a is not None and it.b is not None for it in found) > 0.5 * len(found)


def test_the_same_seed_is_the_same_tune_and_another_is_another():
    a, b = tunes(7)
    assert between(a, b, 0.5, seed=1) == between(a, b, 0.5, seed=1)
    assert between(a, b, 0.5, seed=1) != between(a, b, 0.5, seed=2)


def test_a_piece_is_heard_on_the_time_of_the_result():
    a, b = tunes(8)
    slow = Timeline((Passage(np.array([1.0, 9.0]), np.array([2.0, 6.0])),))
    found = notes(a, b, 0.0, times=(slow, OWN_TIMES[1]))
    inside = [it for it in a if 2 <= it.start < 6]
    assert [it.start for it in found] == pytest.approx([1 + 2 * (it.start - 2) for it in inside])
    assert [it.pitch for it in found] == [it.pitch for it in inside]


def test_a_tune_becomes_drums_note_by_note_the_softest_first():
    a = melody(9)
    counts = []
    for x in XS:
        found = [
            it.note for it in moved(piece(a), piece((), groove(1)), At.of(x, SECONDS), OWN_TIMES, 0)
        ]
        counts.append(len(found))
        if 0 < x < 1:
            gone = sum(it.level for it in a) - sum(it.level for it in found)
            assert gone / max(len(a) - len(found), 1) < np.mean([it.level for it in found])
    np.testing.assert_allclose(counts, [len(a) * (1 - x) for x in XS], atol=1)


def test_without_notes_there_are_none():
    assert between([], [], 0.5) == []


def test_many_notes_take_no_time_that_grows_with_their_square():
    """Four minutes of chords: they are paired window by window."""
    long = [
        replace(it, start=it.start + 8 * n, end=it.end + 8 * n)
        for n in range(30)
        for it in melody(n, voices=3)
    ]
    times = (Timeline((Passage(np.array([0.0, 240.0]), np.array([0.0, 240.0])),)),) * 2
    found = between(long, [replace(it, pitch=it.pitch + 5) for it in long], 0.5, times=times)
    assert len(found) == len(long)
