"""``restyle beats`` as a user meets it."""

import json

import numpy as np
import pytest
from support.songs_with_beats import RATE, song

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a song in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path / "cache"))
    made = song(120, seconds=12)
    sound_files.write(tmp_path / "song.wav", Sound(np.repeat(made.audio, 2, axis=0), RATE, 24))
    return tmp_path


def test_it_says_tempo_meter_notes_and_beats(capsys):
    assert main.run(["beats", "song.wav"]) == 0
    said = capsys.readouterr().out
    assert "Tempo: 120" in said
    assert "Meter: 4/4" in said
    assert "C major or A minor" in said
    assert "Section" in said


def test_json_has_all_that_is_heard(capsys):
    assert main.run(["beats", "song.wav", "--json"]) == 0
    heard = json.loads(capsys.readouterr().out)
    assert heard["bpm"] == pytest.approx(120, rel=0.01)
    assert heard["meter"] == "4/4"
    assert len(heard["chroma"]) == len(heard["beats"]) - 1
    assert {"bars", "sections", "certainty", "pitch_set", "onsets", "levels"} <= heard.keys()


def test_clicks_keep_rate_channels_length_and_depth(folder):
    assert main.run(["beats", "song.wav", "--click", "clicks.wav"]) == 0
    before, after = (sound_files.read(folder / it) for it in ("song.wav", "clicks.wav"))
    assert after.audio.shape == before.audio.shape
    assert (after.sample_rate, after.bits) == (before.sample_rate, before.bits)
    assert not np.allclose(after.audio, before.audio)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.wav"], "nothing.wav"),
        (["text.wav"], "text.wav"),
        (["song.wav", "--click", "clicks.txt"], "must end in one of"),
        (["song.wav", "--click", "song.wav"], "--force"),
        (["song.wav", "--click", "nowhere/clicks.wav"], "create it first"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(arguments, says, folder, capsys):
    (folder / "text.wav").write_text("no sound")
    before = {it: it.read_bytes() for it in folder.iterdir() if it.is_file()}
    assert main.run(["beats", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert said.err.count("\n") == 1
    assert {it: it.read_bytes() for it in folder.iterdir() if it.is_file()} == before
