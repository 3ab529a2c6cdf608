"""restyle apply --midi: a MIDI file plays the settings of a command."""

import numpy as np
import pytest
from support.midi import control, program, writer
from support.sounds import melody

from effects import automate
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 22_050
VIOLIN, FLUTE = 40, 73


@pytest.fixture
def midi(tmp_path):
    return writer(tmp_path)


@pytest.fixture
def folder(tmp_path, monkeypatch, midi):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    sound_files.write(tmp_path / "stem.wav", Sound(melody(1, RATE), RATE, 24))
    midi((0.5, program(VIOLIN)), (0.7, control(1, 127)), name="ride.mid")
    midi((0, program(VIOLIN)), (0.5, program(FLUTE, channel=3)), name="two.mid")
    midi((0.5, control(1, 0)), name="strength.mid")
    (tmp_path / "bad.mid").write_bytes(b"MThd and no more")
    return tmp_path


def test_apply_plays_the_file(folder, capsys):
    assert main.run(["apply", "stem.wav", "out.wav", "--midi", "ride.mid"]) == 0
    stem, output = (sound_files.read(folder / name) for name in ("stem.wav", "out.wav"))
    assert (output.sample_rate, output.bits) == (RATE, 24)
    expected = automate(stem.audio, RATE, "ride.mid")
    np.testing.assert_allclose(output.audio, expected, atol=1e-6)
    assert "Wrote out.wav" in capsys.readouterr().out


def test_apply_begins_with_the_given_style_and_follows_the_chosen_channel(folder):
    options = ["--midi", "two.mid", "--channel", "3", "--preset", "violin", "--strength", "0"]
    assert main.run(["apply", "stem.wav", "out.wav", *options]) == 0
    assert (folder / "out.wav").read_bytes() == (folder / "stem.wav").read_bytes()


WRONG = {
    "a channel without a file": (["--preset", "violin", "--channel", "1"], "add --midi FILE.mid"),
    "a channel out of range": (["--midi", "two.mid", "--channel", "17"], "--channel"),
    "several channels": (["--midi", "two.mid"], "on the channels 1 and 3: choose one"),
    "an empty channel": (["--midi", "two.mid", "--channel", "5"], "nothing on channel 5"),
    "no such file": (["--midi", "none.mid"], "There is no MIDI file at 'none.mid'"),
    "a folder": (["--midi", "."], "is a folder: name a MIDI file"),
    "a broken file": (["--midi", "bad.mid"], "bad.mid cannot be read as MIDI"),
    "no style": (["--midi", "strength.mid"], "no program change, so there is no style"),
    "two styles": (["--midi", "two.mid", "--preset", "flute", "--style", "x.wav"], "exclude"),
    "a plot": (["--midi", "ride.mid", "--plot", "p.png"], "--plot draws one style"),
    "a report": (["--midi", "ride.mid", "--report", "r.json"], "--report tells of one style"),
    "drums of spectra": (
        ["--midi", "ride.mid", "--drums", "drop", "--engine", "infinite"],
        "leave drums away",
    ),
    "no style and no file": ([], "--style CLIP, --preset NAME or --chain NAME"),
}


@pytest.mark.parametrize(("options", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(folder, capsys, options, reason):
    before = {path.name for path in folder.iterdir()}
    assert main.run(["apply", "stem.wav", "out.wav", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert reason in said.err
    assert {path.name for path in folder.iterdir()} == before


def test_help_tells_what_a_midi_file_does(capsys):
    assert main.run(["apply", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--midi lead.mid" in words
    assert "program changes choose the preset" in words
