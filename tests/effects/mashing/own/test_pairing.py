"""A mashup's songs are found in it: how much faster, how much higher, from which moment on."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from support.own_mashups import EDGE_HZ, RATE, score

from effects.mashing.own.pairing import find_place

SECONDS = 0.010  # as exact as it is wanted


def heard(song, kind):
    return sosfiltfilt(butter(4, EDGE_HZ, kind, fs=RATE, output="sos"), song).astype(np.float32)


@pytest.mark.parametrize(
    ("bpm", "mashup_bpm", "semitones", "skipped"),
    [(100.0, 100.0, 0, 0.0), (96.0, 118.0, 3, 7.3), (130.0, 104.0, -5, 12.0)],
)
@pytest.mark.parametrize("kind", ["high", "low"])
def test_tempo_shift_and_place_are_found_under_another_song(
    bpm, mashup_bpm, semitones, skipped, kind
):
    song, other = score(1), score(2)
    beats = 24
    ours = song.played(mashup_bpm, semitones, (skipped, skipped + beats))
    theirs = other.played(mashup_bpm, 0, (0, beats))
    mashup = heard(ours, kind) + heard(theirs, {"high": "low", "low": "high"}[kind])

    place = find_place(mashup, song.played(bpm, 0, (0, 40)))

    ratio = mashup_bpm / bpm
    at = np.linspace(0, len(mashup) / RATE, 9)
    assert place.semitones == semitones
    assert np.abs(place.at(at) - (skipped * 60 / bpm + ratio * at)).max() / ratio < SECONDS


def test_a_song_that_begins_within_the_mashup_is_placed_before_its_start():
    song = score(1).played(100, 0, (0, 40))
    late = 2.5
    mashup = np.concatenate([np.zeros(round(late * RATE), np.float32), song[: 12 * RATE]])

    place = find_place(mashup, song)

    assert place.begin_seconds == pytest.approx(-late, abs=SECONDS)
    assert (place.ratio, place.semitones) == (1.0, 0)


def test_the_right_song_is_more_alike_than_another_one():
    songs = [score(it).played(100, 0, (0, 40)) for it in (1, 2)]
    mashup = songs[0][5 * RATE : 19 * RATE]

    right, wrong = (find_place(mashup, it).likeness for it in songs)

    assert right > 0.9
    assert wrong < 0.5
