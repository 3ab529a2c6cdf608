"""What MIDI messages mean: presets, strength, mix and gain, on the channel that is followed."""

import math
import subprocess
import sys

import mido
import numpy as np
import pytest
from mido import Message
from support.midi import control, file_of, program, writer

import presets
from effects.midi.messages import CONTROLLERS, Controls, Event, Setting, gain_db, read_events


@pytest.fixture
def midi(tmp_path):
    """Write a file of (seconds, message)."""
    return writer(tmp_path)


# Messages


@pytest.mark.parametrize("number", range(128))
def test_every_program_is_the_instrument_of_general_midi(number):
    name, value = Controls().setting(program(number))
    assert name == "preset"
    assert presets.get(value).program == number
    assert not presets.get(value).percussion


def test_programs_of_channel_10_are_drum_kits():
    _, name = Controls().setting(program(0, channel=10))
    assert presets.get(name).percussion
    assert Controls().setting(program(77, channel=10)).value == name  # there is no such kit


def test_the_bank_is_the_last_one_selected_on_the_channel(monkeypatch):
    asked = []

    def from_program(number, bank=0, percussion=False):
        asked.append((number, bank, percussion))
        return presets.get("violin")

    monkeypatch.setattr(presets, "from_program", from_program)
    controls = Controls()
    for message in [
        program(1),
        control(0, 8),
        program(2),
        program(3),
        program(4, channel=2),
        control(32, 5),  # the lower half of a bank select, which General MIDI does without
        control(0, 0),
        program(5),
        control(0, 3, channel=10),
        program(6, channel=10),
    ]:
        controls.setting(message)
    expected = [(1, 0, False), (2, 8, False), (3, 8, False)]
    assert asked == [*expected, (4, 0, False), (5, 0, False), (6, 3, True)]


@pytest.mark.parametrize(("number", "name"), [(1, "strength"), (91, "mix")])
def test_controllers_of_shares_span_0_to_1(number, name):
    found = [Controls().setting(control(number, value)) for value in range(128)]
    assert {setting.name for setting in found} == {name}
    np.testing.assert_allclose([setting.value for setting in found], np.linspace(0, 1, 128))
    assert (found[0].value, found[127].value) == (0, 1)


def test_volume_is_general_midis_curve():
    assert Controls().setting(control(7, 127)) == Setting("gain_db", 0)
    assert Controls().setting(control(7, 0)) == Setting("gain_db", -math.inf)
    # What the guidelines list: 127, 96, 64, 32, 16.
    expected = [0, -4.86, -11.90, -23.95, -35.99]
    assert [gain_db(value) for value in (127, 96, 64, 32, 16)] == pytest.approx(expected, abs=0.01)


def test_all_notes_off_cancels():
    assert Controls().setting(control(123, 0)) == Setting("cancel", None)


@pytest.mark.parametrize(
    "message",
    [
        Message("note_on"),
        Message("pitchwheel"),
        Message("clock"),
        Message("sysex"),
        mido.MetaMessage("set_tempo"),
        *(control(number, 64) for number in range(128) if number not in CONTROLLERS),
    ],
    ids=str,
)
def test_other_messages_set_nothing(message):
    assert Controls().setting(message) is None


def test_importing_does_not_load_mido_or_anything_heavy():
    code = (
        "import sys, effects, effects.midi.messages, plugin_bridge.midi_input; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"mido", "rtmidi", "torch", "librosa", "scipy"} & {*done.stdout.split()}


# Files and channels


def test_events_of_a_file_come_with_their_times(midi):
    file = midi((0, program(40)), (0.5, control(1, 127)), (0.75, control(9, 1)), (2, control(7, 0)))
    assert read_events(file) == [
        Event(0.0, Setting("preset", "violin")),
        Event(0.5, Setting("strength", 1.0)),
        Event(2.0, Setting("gain_db", -math.inf)),
    ]


def test_all_notes_off_in_a_file_is_nothing(midi):
    file = midi((0, control(1, 0)), (1, control(123, 0)), (1, control(123, 0, channel=2)))
    assert read_events(file) == [Event(0.0, Setting("strength", 0.0))]


def test_notes_and_banks_of_other_channels_do_not_make_a_choice_necessary(midi):
    notes = Message("note_on", channel=5)
    file = midi((0, notes), (0, control(0, 1, channel=7)), (1, control(1, 127, channel=3)))
    assert read_events(file) == [Event(1.0, Setting("strength", 1.0))]


def test_the_channel_can_be_chosen_and_must_be_if_there_are_several(midi):
    file = midi(
        (0, program(40)), (1, program(0, channel=10)), (2, program(73, channel=16)), (3, program(0))
    )
    assert [event.seconds for event in read_events(file, channel=1)] == [0, 3]
    assert presets.get(read_events(file, 10)[0].setting.value).percussion
    assert read_events(file, 16) == [Event(2.0, Setting("preset", "flute"))]
    with pytest.raises(ValueError, match=r"on the channels 1, 10 and 16: choose one.*--channel 1"):
        read_events(file)
    with pytest.raises(ValueError, match=r"nothing on channel 2: .* on channel 1, 10 and 16\."):
        read_events(file, 2)


def test_a_file_that_sets_nothing_is_told_what_is_followed(midi):
    for file in (midi(), midi((0, Message("note_on")), (1, control(123, 0)), (1, control(0, 1)))):
        with pytest.raises(ValueError, match="follows program changes and the controllers 1, 7"):
            read_events(file)


@pytest.mark.parametrize(
    ("channel", "error"),
    [(0, ValueError), (17, ValueError), (-1, ValueError), ("1", TypeError), (True, TypeError)],
)
def test_impossible_channels_are_refused(midi, channel, error):
    with pytest.raises(error, match="A MIDI channel is"):
        read_events(midi((0, program(40))), channel)


def test_the_path_may_be_a_string(midi):
    assert read_events(str(midi((0, program(40)))))


def test_a_broken_file_is_one_line(tmp_path):
    path = tmp_path / "bad.mid"
    path.write_bytes(file_of(b"\x00\xc0\x28")[:-1])
    with pytest.raises(ValueError, match=r"bad\.mid cannot be read as MIDI: it ends too soon"):
        read_events(path)
