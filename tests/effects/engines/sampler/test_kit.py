"""A kit: its sounds, and which of them plays what."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.players import RATE, RELAXED, grain, note, player, some_notes
from support.samplers import BRIGHT, DARK, stroke, strokes_of, together

from effects.engines.sampler import kit as kits
from effects.engines.sampler import strokes

STROKES = [(0.1, DARK), (0.6, BRIGHT), (1.1, DARK), (1.35, BRIGHT), (1.85, BRIGHT)]


def test_a_kit_has_the_sound_of_every_stroke_up_to_the_next():
    audio = strokes_of(STROKES, 2.5, RATE)
    found = strokes.strokes(audio, RATE)
    kit = kits.kit(audio, RATE, found)
    assert len(kit.grains) == len(found)
    for it, was in zip(kit.grains, found, strict=True):
        first = round(was.start * RATE) - it.lead
        size = round(was.seconds * RATE) - round(0.005 * RATE)
        np.testing.assert_array_equal(it.audio[:size], audio[first : first + size])
        assert it.pitch == was.pitch
    assert kits.kit(audio, RATE, []) is None


def kit_and_strokes(at):
    """The kit and the strokes of a clip of strokes."""
    audio = strokes_of(at, 3.0, RATE)
    found = strokes.strokes(audio, RATE)
    return kits.kit(audio, RATE, found), found


def test_a_kick_is_played_by_a_kick_and_a_hat_by_a_hat_however_many_there_are():
    hats = [(0.6 + 0.2 * n, BRIGHT) for n in range(9)]
    kit, _ = kit_and_strokes([(0.1, DARK), *hats])
    _, played = kit_and_strokes([(0.1, DARK), (0.6, DARK), (1.1, DARK), (1.6, BRIGHT)])
    found = kits.by_colour(played, kit)
    kick = kit.grains[0].pitch
    assert [it.pitch == kick for it in found] == [True, True, True, False]
    assert [(it.start, it.level) for it in found] == [(it.start, it.level) for it in played]


def test_a_kick_and_a_hat_at_once_are_played_by_such_a_stroke():
    both = [(1.1, DARK), (1.1, BRIGHT)]
    kit, found = kit_and_strokes([(0.1, DARK), (0.6, BRIGHT), *both])
    assert len(found) == 3
    for at, wanted in (([(0.3, DARK), (0.3, BRIGHT)], 2), ([(0.3, DARK)], 0), ([(0.3, BRIGHT)], 1)):
        (stroke,) = kits.by_colour(kit_and_strokes(at)[1], kit)
        assert stroke.pitch == kit.grains[wanted].pitch


def test_of_two_grains_of_a_drum_the_one_of_the_strokes_level_plays():
    sounds = [(0.1, stroke(RATE, DARK)), (1.1, 0.05 * stroke(RATE, DARK))]
    audio = together(sounds, 2, RATE)
    kit = kits.kit(audio, RATE, strokes.strokes(audio, RATE))
    played = strokes.strokes(together(sounds[::-1], 2, RATE), RATE)
    found = kits.by_colour(played, kit)
    assert [it.pitch for it in found] == [it.pitch for it in kit.grains]


def test_repeated_strokes_take_turns_among_grains_that_are_alike():
    hats = [(0.1 + 0.5 * n, BRIGHT) for n in range(5)]
    kit, played = kit_and_strokes(hats)
    found = kits.by_colour(played, kit)
    assert all(a.pitch != b.pitch for a, b in pairwise(found))
    assert kits.by_colour(played, kit) == found


def test_a_stem_of_a_lower_sample_rate_is_played_by_the_same_drums():
    kit, _ = kit_and_strokes(STROKES)
    audio = strokes_of([(start, (60.0, 200.0)) for start in (0.2, 0.9)], 1.5, 8000)
    found = kits.by_colour(strokes.strokes(audio, 8000), kit)
    dark = {kit.grains[0].pitch, kit.grains[2].pitch}
    assert {it.pitch for it in found} <= dark
    assert kits.by_colour([], kit) == []


def test_a_kit_comes_back_from_the_cache_as_it_was():
    kit, played = kit_and_strokes(STROKES)
    back = kits.Kit.from_arrays(kit.arrays())
    np.testing.assert_array_equal(back.colours, kit.colours)
    assert kits.by_colour(played, back) == kits.by_colour(played, kit)


@RELAXED
@given(some_notes)
def test_notes_of_one_moment_become_one_stroke(notes):
    found = kits.merged(notes)
    starts = [it.start for it in found]
    assert starts == sorted(starts)
    assert np.all(np.diff(starts) > strokes.SETTINGS.together_seconds - 1e-9)
    assert {it.start for it in found} <= {it.start for it in notes}
    power = sum(it.level**2 for it in notes)
    assert sum(it.level**2 for it in found) == pytest.approx(power)
    for it in notes:
        assert any(0 <= it.start - at <= strokes.SETTINGS.together_seconds + 1e-9 for at in starts)


def test_a_chord_is_one_stroke_of_its_mean_pitch():
    (found,) = kits.merged([note(1.0, 0.3, 60, 0.3), note(1.01, 0.6, 64, 0.4)])
    assert (found.start, found.pitch) == (1.0, 62)
    assert found.end == pytest.approx(1.61)
    assert found.level == pytest.approx(0.5)


@RELAXED
@given(
    some_notes,
    st.lists(st.tuples(st.floats(20, 110), st.floats(0.05, 3)), min_size=1, max_size=8),
    st.sampled_from([0.3, np.inf]),
)
def test_what_is_higher_is_played_no_lower(played, grains, longest):
    kit = player(*(grain(pitch, seconds=seconds, size=10) for pitch, seconds in grains))
    found = kits.by_rank(played, kit, longest)
    assert [(it.start, it.level) for it in found] == [(it.start, it.level) for it in played]
    assert {it.pitch for it in found} <= {pitch for pitch, _ in grains}
    assert all(it.seconds <= longest + 1e-9 for it in found)
    pairs = sorted(zip((it.pitch for it in played), (it.pitch for it in found), strict=True))
    by_played = dict(pairs)
    assert len(set(pairs)) == len(by_played)  # what is equal is played equally
    assert list(by_played.values()) == sorted(by_played.values())


def test_the_lowest_and_the_highest_have_the_lowest_and_the_highest_grain():
    kit = player(*(grain(pitch, size=10) for pitch in (40, 60, 80)))
    found = kits.by_rank([note(0, 0.1, pitch) for pitch in (90, 30, 55)], kit, np.inf)
    assert [it.pitch for it in found] == [80, 40, 60]
