"""A score beside a clip: read where it can be, and ignored where it cannot."""

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.midi import file_of
from support.players import RATE, RELAXED
from support.samplers import tune

from effects.notes import score
from effects.notes.score import read_notes


def write_score(path, notes, *, velocity=80):
    """A MIDI file of notes, each as (start, seconds, key)."""
    file = mido.MidiFile(ticks_per_beat=1000)  # of half a second, so 0.5 ms a tick
    track = mido.MidiTrack()
    file.tracks.append(track)
    events = sorted(
        event
        for start, seconds, key in notes
        for event in (
            (round(2000 * start), velocity, key),
            (round(2000 * (start + seconds)), 0, key),
        )
    )
    now = 0
    for at, loud, key in events:
        track.append(mido.Message("note_on", note=key, velocity=loud, time=at - now))
        now = at
    file.save(path)
    return path


PLAYED = [(0.2, 0.4, 60), (0.9, 0.4, 64), (1.6, 0.4, 55)]


def test_a_score_says_what_is_played_and_the_clip_how_loud(tmp_path):
    audio = tune(PLAYED, 2.5, RATE)
    audio[round(0.85 * RATE) : round(1.4 * RATE)] *= 0.25
    found = read_notes(write_score(tmp_path / "notes.mid", PLAYED), audio, RATE)
    assert [(it.start, it.seconds, it.pitch) for it in found] == [
        pytest.approx(it, abs=2e-3) for it in PLAYED
    ]
    assert found[1].level / found[0].level == pytest.approx(0.25, rel=0.1)


def test_notes_of_a_score_that_nobody_hears_are_left_out(tmp_path):
    path = write_score(tmp_path / "notes.mid", [*PLAYED, (2.2, 0.2, 90)])
    found = read_notes(path, tune(PLAYED, 2.5, RATE), RATE)
    assert [it.pitch for it in found] == [60, 64, 55]


@pytest.mark.parametrize(
    "content", [b"", b"no score", b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"]
)
def test_a_score_that_cannot_be_read_or_has_no_notes_is_none(tmp_path, content):
    path = tmp_path / "notes.mid"
    path.write_bytes(content)
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None
    assert read_notes(tmp_path / "none.mid", tune(PLAYED, 2.5, RATE), RATE) is None
    path.write_bytes(write_score(path, PLAYED).read_bytes()[:-20])
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None


def test_a_score_of_a_longer_clip_is_that_of_another(tmp_path):
    path = write_score(tmp_path / "notes.mid", [*PLAYED, (20.0, 0.5, 60)])
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None


@settings(RELAXED, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_a_score_has_become_it_breaks_nothing(tmp_path, data):
    path = write_score(tmp_path / "notes.mid", PLAYED)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    found = read_notes(path, tune(PLAYED, 2.5, RATE), RATE)
    assert found is None or all(0 <= it.start < it.end for it in found)


def test_notes_above_all_that_is_measured_are_left_out(tmp_path):
    """Two of them at once: their partials are beyond half the sample rate."""
    path = write_score(tmp_path / "notes.mid", [*PLAYED, (1.0, 0.3, 126), (1.0, 0.3, 127)])
    assert len(read_notes(path, tune(PLAYED, 2.5, RATE), RATE)) == 3


def test_a_score_of_more_notes_than_anybody_plays_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(score, "MAX_NOTES", 2)
    path = write_score(tmp_path / "notes.mid", PLAYED)
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None


def test_notes_that_never_end_are_notes(tmp_path):
    track = b"\0\x90\x40\x40\xff\xff\xff\x7f\xff\x2f\0"  # a year and more
    (tmp_path / "notes.mid").write_bytes(file_of(track, division=1))
    (note,) = read_notes(tmp_path / "notes.mid", tune([(0, 2.5, 64)], 2.5, RATE), RATE)
    assert (note.start, round(note.pitch)) == (0, 64)
