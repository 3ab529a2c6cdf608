"""Scores as MIDI files: what is written is read again, in time, and as other programs read it."""

import mido
import numpy as np
import pytest

from effects.midi.presses import presses
from effects.scores.parts import ScoreNote, ScoreStroke
from effects.scores.pulse import Pulse
from effects.scores.score import Score
from effects.scores.velocity import level_of, velocity

NOTES = (
    ScoreNote(0.1234, 0.5, 60.2, -3.0, 0.9),
    ScoreNote(0.1234, 0.9, 64.0, 0.0, 0.95),
    ScoreNote(1.7777, 1.9, 59.9, -20.0, 0.3),
    ScoreNote(29.0001, 29.5, 72.0, -12.0, 1.0),
)
STROKES = (
    ScoreStroke(0.5, 36, 0.0),
    ScoreStroke(0.511, 42, -10.0),
    ScoreStroke(0.52, 36, -30.0, 0.2),
)
PULSES = {
    "none": None,
    "steady": Pulse(tuple(0.31 + 0.5 * n for n in range(60)), first_bar=2),
    "waltz at 71.3": Pulse(tuple(60 / 71.3 * n for n in range(36)), beats_per_bar=3),
    "slows down": Pulse(tuple(0.2 + 0.5 * n + 0.003 * n**2 for n in range(50))),
    "6/8": Pulse(tuple(0.6 * n for n in range(50)), beats_per_bar=2, parts=3),
}


def score(pulse=None, notes=NOTES, strokes=STROKES):
    return Score("chords", 30.0, notes, strokes, pulse)


def saved(tmp_path, it):
    it.save_midi(tmp_path / "score.mid")
    return tmp_path / "score.mid"


@pytest.mark.parametrize("pulse", PULSES.values(), ids=PULSES)
def test_times_keys_and_levels_survive_whatever_the_tempo(tmp_path, pulse):
    found = Score.from_midi(saved(tmp_path, score(pulse)))
    assert [it.key for it in found.notes] == [60, 64, 60, 72]
    for ours, theirs in zip([*NOTES, *STROKES], [*found.notes, *found.strokes], strict=True):
        assert theirs.start == pytest.approx(ours.start, abs=0.001)
        assert velocity(theirs.level_db) == velocity(ours.level_db)
    for ours, theirs in zip(NOTES, found.notes, strict=True):
        assert theirs.end == pytest.approx(ours.end, abs=0.001)
        assert theirs.level_db == pytest.approx(ours.level_db, abs=0.4)


@pytest.mark.parametrize("pulse", PULSES.values(), ids=PULSES)
def test_mido_reads_the_same_times_and_the_length_of_the_stem(tmp_path, pulse):
    file, now, pressed = mido.MidiFile(saved(tmp_path, score(pulse))), 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            pressed.append(now)
    expected = sorted(it.start for it in [*NOTES, *STROKES])
    assert pressed == pytest.approx(expected, abs=0.001)
    assert file.length == pytest.approx(30.0, abs=0.001)


def test_beats_fall_on_quarter_notes_and_bars_on_bar_lines(tmp_path):
    pulse = PULSES["steady"]
    beats = tuple(ScoreNote(it, it + 0.1, 60, 0) for it in pulse.beats[2:])
    file = mido.MidiFile(saved(tmp_path, score(pulse, beats, ())))
    tick, ticks, bars = 0, [], []
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        if message.type == "note_on":
            ticks.append(tick)
        if message.type == "time_signature":
            bars.append((tick, message.numerator))
    assert np.diff(ticks) == pytest.approx(960, abs=1)
    assert ticks[0] == bars[1][0] == bars[0][1] * 960  # one bar of its own before it
    assert bars[1][1] == 4


def test_what_is_unsure_is_on_a_track_of_its_own(tmp_path):
    file = mido.MidiFile(saved(tmp_path, score()))
    found = {it.name: [m.note for m in it if m.type == "note_on"] for it in file.tracks[1:]}
    assert found == {
        "notes": [60, 64, 72],
        "unsure notes": [60],
        "drums": [36, 42],
        "unsure strokes": [36],
    }
    assert {m.channel for m in file.tracks[3] if m.type == "note_on"} == {9}


def test_a_key_that_is_struck_while_it_sounds_is_let_go_first(tmp_path):
    again = (ScoreNote(0.0, 1.0, 60, 0), ScoreNote(0.5, 2.0, 60, 0))
    found = Score.from_midi(saved(tmp_path, score(notes=again, strokes=())))
    assert [(it.start, it.end) for it in found.notes] == [
        pytest.approx((0.0, 0.5), abs=4e-3),
        pytest.approx((0.5, 2.0), abs=1e-3),
    ]


@pytest.mark.parametrize("pulse", PULSES.values(), ids=PULSES)
def test_strokes_of_a_flam_are_all_there_however_sure(tmp_path, pulse):
    flam = tuple(ScoreStroke(1 + 0.0231 * n, 38, -n, (n % 2) * 0.9) for n in range(30))
    found = Score.from_midi(saved(tmp_path, score(pulse, (), flam)))
    assert [it.start for it in found.strokes] == pytest.approx([it.start for it in flam], abs=1e-3)


def test_velocities_and_levels_are_each_others_inverse():
    assert [velocity(level_of(it)) for it in range(1, 128)] == [*range(1, 128)]
    assert (velocity(0.0), velocity(99.0), velocity(-200.0)) == (100, 127, 1)


def test_a_score_is_the_same_from_json():
    it = score(PULSES["steady"])
    assert Score.from_dict(it.as_dict()) == it
    with pytest.raises(ValueError, match="no score"):
        Score.from_dict({"kind": "chords"})


@pytest.mark.parametrize("content", [b"", b"RIFF", b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\0"])
def test_what_has_no_notes_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.mid"):
        Score.from_midi(path)
    with pytest.raises(FileNotFoundError):
        Score.from_midi(tmp_path / "missing.mid")


def test_presses_have_velocities_and_channels(tmp_path):
    found = presses(saved(tmp_path, score()))
    assert [(it.key, it.velocity, it.channel) for it in found[:2]] == [(60, 84, 0), (64, 100, 0)]
