"""Suggestions: what needs least change and has the same chords comes first, and says so."""

from dataclasses import replace

import numpy as np
from support.songs import song

from effects.mashing.suggest import suggest

OTHER_CHORDS = ((2, 5, 9), (11, 2, 5), (4, 7, 11))


def test_the_song_of_the_same_chords_and_tempo_comes_first():
    songs = {
        "far": song(bpm=160, key=5, seed=1),
        "other chords": song(bpm=120, chords=OTHER_CHORDS, seed=2),
        "same": song(bpm=121, seed=3),
        "near": song(bpm=126, key=2, seed=4),
    }
    found = suggest(song(), songs)
    assert [it.name for it in found][:2] == ["same", "near"]
    assert all(0 <= it.match.total <= 1 for it in found)


def test_it_says_why_in_words():
    found = {
        it.name: it
        for it in suggest(
            song(),
            {
                "slower": song(bpm=115, key=-2, seed=1),
                "same": song(seed=2),
                "free": song(certainty=0.1, seed=3),
            },
        )
    }
    assert found["slower"].why.startswith("2 semitones lower; 4 % slower; chords agree")
    assert found["slower"].semitones == -2
    assert found["slower"].tempo_change < 1
    assert found["same"].why.startswith("same notes; same tempo")
    assert "hardly a beat" in found["free"].why


def test_a_song_that_leaves_room_is_told_from_one_that_does_not():
    def in_octaves(level, seed):
        it = song(seed=seed)
        return replace(it, levels=np.tile(level, (len(it.levels), 1)))

    low = np.array([1, 1, 1, 1, 0, 0, 0, 0.0])
    found = suggest(
        in_octaves(low, 0), {"low": in_octaves(low, 1), "high": in_octaves(low[::-1], 2)}
    )
    why = {it.name: it.why for it in found}
    assert "busy where A is" in why["low"]
    assert "sparse where A is busy" in why["high"]


def test_equals_are_in_order_of_their_names_and_no_songs_are_no_suggestions():
    twin = song(seed=1)
    assert [it.name for it in suggest(song(), {"b": twin, "a": twin})] == ["a", "b"]
    assert suggest(song(), {}) == []
