"""When the moments of two pieces come: beats lie together, and tempos are between."""

import numpy as np
import pytest
from support.songs import song

from effects.morphing.at import At
from effects.morphing.times import beats_between, reason_for_own_times, times

SECONDS = 12.0
FAST, SLOW = song(bpm=132, bars=8, first=0.3), song(bpm=110, bars=8, first=0.7)


def at(value):
    return At.of(value, SECONDS)


def out_of(timeline, seconds):
    """When moments of a song are heard."""
    only = timeline.passages[0]
    return np.interp(seconds, only.song_seconds, only.out_seconds)


@pytest.mark.parametrize("x", [0.0, 0.25, 0.5, 0.8, 1.0])
def test_at_a_constant_beats_are_between_those_of_both(x):
    """The closed form: beat k is at (1 - X) t_A(k) + X t_B(k)."""
    a, b = times(FAST, SLOW, at(x), SECONDS, "between")
    expected = (1 - x) * FAST.beats[:12] + x * SLOW.beats[:12]
    np.testing.assert_allclose(out_of(a, FAST.beats[:12]), expected, atol=1e-9)
    np.testing.assert_allclose(out_of(b, SLOW.beats[:12]), expected, atol=1e-9)


def test_at_an_end_that_piece_is_itself():
    a, _ = times(FAST, SLOW, at(0.0), SECONDS, "between")
    _, b = times(FAST, SLOW, at(1.0), SECONDS, "between")
    assert a.unchanged
    assert b.unchanged


def test_a_way_begins_at_one_tempo_and_ends_at_the_other():
    a, b = times(FAST, SLOW, at("0:1"), SECONDS, "between")
    seconds = np.arange(0.5, SECONDS - 0.5, 0.05)
    for timeline, bpm in ((a, FAST.bpm), (b, SLOW.bpm)):
        speed = np.diff(timeline.at(seconds)) / 0.05
        between = seconds[1:] - 0.025
        mixed = 60 / FAST.bpm * (1 - between / SECONDS) + 60 / SLOW.bpm * between / SECONDS
        np.testing.assert_allclose(speed, 60 / bpm / mixed, atol=0.01)


def test_where_a_way_stays_at_a_it_is_a():
    a, _ = times(FAST, SLOW, At((5.0, 9.0), (0.0, 1.0)), SECONDS, "between")
    only = a.passages[0]
    early = only.out_seconds < 4.5
    np.testing.assert_array_equal(only.out_seconds[early], only.song_seconds[early])


def test_both_lie_together_along_a_way():
    a, b = times(FAST, SLOW, at("1:0:0.7"), SECONDS, "between")
    np.testing.assert_allclose(out_of(a, FAST.beats[2:18]), out_of(b, SLOW.beats[2:18]), atol=1e-9)


def test_twice_the_tempo_is_the_same_tempo():
    half = song(bpm=66, bars=5, first=0.3)
    a, b = times(FAST, half, at(0.5), SECONDS, "between")
    np.testing.assert_allclose(out_of(a, FAST.beats[:12:2]), FAST.beats[:12:2], atol=1e-9)
    np.testing.assert_allclose(out_of(b, half.beats[:6]), FAST.beats[:12:2], atol=1e-9)


def test_no_piece_is_moved_by_more_than_half_a_bar():
    late = song(bpm=120, bars=8, first=3.7)  # it begins with nearly two bars before its first
    early = song(bpm=120, bars=8, first=0.2)
    a, b = times(early, late, at(0.5), SECONDS, "between")
    seconds = np.arange(1.5, 10, 0.5)
    assert np.abs(a.at(seconds) - seconds).max() <= 0.5 + 1e-9
    assert np.abs(b.at(seconds) - seconds).max() <= 0.5 + 1e-9


def test_a_piece_is_heard_as_far_as_it_reaches():
    short = song(bpm=120, bars=2, first=0.2)  # 4.35 s
    a, b = times(short, FAST, at(0.5), SECONDS, "between")
    for timeline, of in ((a, short), (b, FAST)):
        only = timeline.passages[0]
        assert only.out_seconds[0] >= 0
        assert only.out_seconds[-1] <= SECONDS
        assert only.song_seconds[0] >= -1e-9
        assert only.song_seconds[-1] <= of.seconds + 1e-9
        assert (np.diff(only.out_seconds) > 0).all()
        assert (np.diff(only.song_seconds) > 0).all()
    assert a.passages[0].song_seconds[-1] == pytest.approx(short.seconds)
    assert b.passages[0].out_seconds[-1] == SECONDS


def test_without_a_beat_both_keep_their_times():
    vague = song(bpm=100, certainty=0.1)
    for a, b, tempo in ((FAST, vague, "between"), (None, SLOW, "between"), (FAST, SLOW, "own")):
        one, other = times(a, b, at(0.5), SECONDS, tempo)
        assert one.unchanged
        assert other.unchanged
        assert "own tempo" in reason_for_own_times(a, b, tempo)
    assert reason_for_own_times(FAST, SLOW, "between") is None


def test_beats_of_the_result_are_at_the_tempo_between():
    beats = beats_between(FAST, SLOW, at(0.5), SECONDS)
    np.testing.assert_allclose(np.diff(beats), (60 / FAST.bpm + 60 / SLOW.bpm) / 2, atol=1e-9)
