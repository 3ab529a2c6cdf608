"""A kit: its sounds, and which of them plays what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.players import RATE, RELAXED, grain, note, player, some_notes
from support.samplers import BRIGHT, DARK, strokes_of

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
        np.testing.assert_array_equal(it.audio, audio[first : first + it.audio.size])
        assert it.pitch == was.pitch
    assert kits.kit(audio, RATE, []) is None


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
