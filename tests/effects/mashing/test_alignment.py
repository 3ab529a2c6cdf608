"""Alignment: beats on beats, bars on bars, in one key, and all of B as it is."""

import numpy as np
import pytest
from support.songs import song

from effects.listening.song import Meter
from effects.mashing.alignment import align


def assert_on_lines(times, lines):
    """That all of them are among the lines, in seconds."""
    assert len(times)
    assert np.abs(np.subtract.outer(times, lines)).min(axis=1).max() < 1e-6


@pytest.mark.parametrize("bpm", [62, 90, 118, 170, 230])
def test_beats_of_a_fall_on_beats_of_b_and_b_is_played_as_it_is(bpm):
    a, b = song(bpm=bpm), song(bpm=118, seed=1)
    it = align(a, b)
    assert it.b.unchanged
    assert it.seconds == b.seconds
    np.testing.assert_array_equal(it.beats, b.beats)
    places = np.interp(it.a.at(b.beats[4:-4]), a.beats, np.arange(len(a.beats)))
    assert np.abs(2 * places - np.round(2 * places)).max() < 1e-6


@pytest.mark.parametrize(
    ("bpm", "speed"),
    [(62, 59 / 62), (90, 118 / 90), (118, 1), (160, 118 / 160), (170, 118 / 85), (230, 118 / 115)],
)
def test_half_and_double_tempo_count_as_the_same(bpm, speed):
    it = align(song(bpm=bpm), song(bpm=118, seed=1))
    passage = it.a.passages[0]
    found = np.diff(passage.song_seconds[[1, 5]]) / np.diff(passage.out_seconds[[1, 5]])
    assert found == pytest.approx(speed, rel=1e-6)


def test_time_follows_both_songs_where_their_tempo_drifts():
    a, b = song(), song(bpm=110, seed=1)
    drift = 0.1 * np.sin(np.arange(len(a.beats)) / 9)
    object.__setattr__(a, "beats", a.beats + drift + 0.2)
    it = align(a, b)
    heard = it.a.at(b.beats[4:-4])
    assert_on_lines(heard, a.beats)


@pytest.mark.parametrize("key", range(12))
def test_the_shift_is_the_smaller_way_round(key):
    shift = align(song(key=key), song(seed=1)).a.semitones
    assert -6 <= shift <= 5
    assert (key + shift) % 12 == 0


def test_either_song_may_give_the_key_or_none():
    a, b = song(key=3), song(seed=1)
    ups = {it: align(a, b, key=it) for it in ("a", "b", "none")}
    found = {name: (it.a.semitones, it.b.semitones) for name, it in ups.items()}
    assert found == {"a": (0, 3), "b": (-3, 0), "none": (0, 0)}


def test_a_begins_where_its_chords_are_those_of_b():
    turned = ((5, 9, 0), (7, 11, 2), (0, 4, 7), (9, 0, 4))  # two bars later in the same turn
    b = song(chords=turned, seed=1)
    a = song(bars=64)
    it = align(a, b)
    assert it.match.harmony > 0.95
    start = float(it.a.at(b.beats[:1])[0])
    assert a.bars.tolist().index(int(np.argmin(np.abs(a.beats - start)))) % 4 == 2
    assert len(it.a.passages) == 1  # and goes on without a jump


@pytest.mark.parametrize("bars", [3, 10, 21])
def test_a_short_song_comes_again_from_bar_line_to_bar_line(bars):
    a, b = song(bars=bars), song(bpm=118, seed=1)
    it = align(a, b)
    assert len(it.a.passages) > 1
    jumps = it.a.passages[1:]
    assert_on_lines([it.out_seconds[0] for it in jumps], it.bars)
    assert_on_lines([it.song_seconds[0] for it in jumps], a.beats[a.bars])
    assert np.isfinite(it.a.at(b.beats)).all()


def test_a_tempo_in_beats_a_minute_moves_both_songs():
    a, b = song(bpm=128), song(bpm=90, seed=1)
    it = align(a, b, tempo=100)
    np.testing.assert_allclose(np.diff(it.beats), 0.6)
    assert it.seconds == pytest.approx(b.seconds * 90 / 100)
    heard = it.b.at(it.beats)
    np.testing.assert_allclose(heard, b.beats, atol=1e-6)
    assert it.b.at(np.array([0.0, it.seconds])) == pytest.approx([0, b.seconds])


def test_the_tempo_of_a_leaves_a_at_its_own():
    a, b = song(bpm=128), song(bpm=120, seed=1)
    passage = align(a, b, tempo="a").a.passages[0]
    np.testing.assert_allclose(np.diff(passage.song_seconds), np.diff(passage.out_seconds))


@pytest.mark.parametrize("meter", [Meter(3), Meter(5)])
def test_where_bars_do_not_match_beats_lie_on_beats_and_it_is_said(meter):
    a, b = song(meter=meter), song(bpm=118, seed=1)
    it = align(a, b)
    assert "Bars do not match" in it.why
    assert_on_lines(it.a.at(b.beats[4:-4]), a.beats)


def test_songs_without_a_beat_are_laid_from_the_start():
    a, b = song(bars=12, certainty=0.1), song(seed=1)
    it = align(a, b, tempo=90)
    assert "Hardly a beat in A" in it.why
    assert it.b.unchanged
    times = np.array([1.0, a.seconds - 1, a.seconds + 1])
    assert it.a.at(times) == pytest.approx([1.0, a.seconds - 1, 1.0])


@pytest.mark.parametrize(
    "options", [{"tempo": "c"}, {"tempo": 5}, {"tempo": float("nan")}, {"key": "c"}]
)
def test_options_that_there_are_not_are_refused_in_one_line(options):
    name = next(iter(options))
    with pytest.raises(ValueError, match=f"^{name} is .*not") as caught:
        align(song(), song(), **options)
    assert "\n" not in str(caught.value)
