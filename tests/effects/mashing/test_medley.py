"""Medleys: whoever was the bed comes to the front, and beds change on a bar."""

import numpy as np
import pytest
from support.songs import song

from effects.mashing.medley import plan_medley


@pytest.mark.parametrize("tempo", ["b", "a", 110])
def test_each_song_comes_to_the_front_over_the_next_for_an_equal_share(tempo):
    songs = [
        song(bpm=bpm, key=key, seed=key) for bpm, key in ((120, 0), (96, 2), (70, 7), (140, 4))
    ]
    medley = plan_medley(songs, tempo=tempo)
    assert [(it.lead, it.bed) for it in medley.parts] == [(0, 1), (1, 2), (2, 3)]
    for it in medley.parts:
        share = (it.stop - it.start) / it.alignment.seconds
        assert share == pytest.approx(1 / 3, abs=0.15)


def test_parts_follow_one_another_and_change_at_bar_lines():
    songs = [song(bpm=bpm, seed=bpm) for bpm in (120, 100, 90)]
    first, second = plan_medley(songs).parts
    assert first.start == first.out_start == 0
    assert second.out_start == first.stop
    assert second.stop == second.alignment.seconds
    assert np.isclose(first.alignment.bars, first.stop).any()
    assert np.isclose(second.alignment.bars, second.start).any()


@pytest.mark.parametrize("bars", [1, 2, 3])
def test_short_songs_still_make_a_medley(bars):
    medley = plan_medley([song(bars=bars, seed=it) for it in range(4)])
    assert all(it.stop > it.start for it in medley.parts)
    assert medley.seconds == pytest.approx(sum(it.stop - it.start for it in medley.parts))


def test_two_songs_are_a_mashup_and_one_is_none():
    (only,) = plan_medley([song(), song(seed=1)]).parts
    assert (only.start, only.stop) == (0, only.alignment.seconds)
    with pytest.raises(ValueError, match="at least two songs"):
        plan_medley([song()])
