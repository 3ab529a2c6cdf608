"""The notes of a MIDI file, as a score says them."""

import mido
import numpy as np
import pytest

from effects.notes.note import NoteEvent
from effects.notes.score import note_events, read_notes

ON, OFF = "note_on", "note_off"


@pytest.fixture
def events(tmp_path):
    """The notes of a track of (milliseconds, type, key[, velocity])."""

    def run(*timed, end_ms=2000):
        track, before = mido.MidiTrack(), 0
        for now, kind, key, *velocity in timed:
            strength = velocity[0] if velocity else 80
            track.append(mido.Message(kind, note=key, velocity=strength, time=now - before))
            before = now
        track.append(mido.MetaMessage("end_of_track", time=end_ms - before))
        path = tmp_path / "notes.mid"
        mido.MidiFile(ticks_per_beat=500, tracks=[track]).save(path)
        return note_events(path)

    return run


def test_notes_come_in_the_order_of_their_beginnings(events):
    found = events((100, ON, 64), (200, ON, 60), (700, OFF, 60), (900, OFF, 64))
    assert found == [
        NoteEvent(64, pytest.approx(0.1), pytest.approx(0.9)),
        NoteEvent(60, pytest.approx(0.2), pytest.approx(0.7)),
    ]


def test_velocity_0_releases_a_key(events):
    assert events((0, ON, 60), (500, ON, 60, 0)) == [NoteEvent(60, 0, pytest.approx(0.5))]


def test_a_key_that_is_pressed_again_was_released(events):
    found = events((0, ON, 60), (500, ON, 60), (900, OFF, 60))
    assert [it.end for it in found] == pytest.approx([0.5, 0.9])


def test_a_key_that_is_never_released_ends_with_the_file(events):
    assert events((500, ON, 60), end_ms=1700) == [
        NoteEvent(60, pytest.approx(0.5), pytest.approx(1.7))
    ]


def test_notes_without_length_are_none(events):
    assert events((500, ON, 60), (500, OFF, 60)) == []


@pytest.mark.parametrize("data", [b"", b"MThd", b"no MIDI", bytes(100)])
def test_what_cannot_be_read_has_no_notes(tmp_path, data):
    path = tmp_path / "notes.mid"
    path.write_bytes(data)
    assert note_events(path) == []
    assert note_events(tmp_path / "none.mid") == []
    assert read_notes(path, np.zeros(8000, np.float32), 8000) is None
