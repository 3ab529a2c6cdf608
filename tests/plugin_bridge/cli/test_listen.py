"""``restyle listen`` as a user meets it."""

import json

import mido
import numpy as np
import pytest
from support.cli import refused
from support.samplers import BRIGHT, DARK, strokes_of, tune

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 22_050
PLAYED = [(0.1, 0.4, 60), (0.6, 0.4, 64), (1.1, 0.4, 67), (1.6, 0.6, 72)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a tune and a groove in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path / "cache"))
    sound_files.write(tmp_path / "tune.wav", Sound(tune(PLAYED, 2.5, RATE)[None], RATE, 16))
    return tmp_path


def test_it_says_what_is_heard_and_writes_it_as_midi(folder, capsys):
    assert main.run(["listen", "tune.wav", "--midi", "heard.mid", "--list", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "Taken for: a melody" in said
    assert "Notes: 4, C4 to C5" in said
    assert "E4" in said
    file, now, heard = mido.MidiFile(folder / "heard.mid"), 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            heard.append((now, message.note))
    assert [key for _, key in heard] == [key for _, _, key in PLAYED]
    assert [at for at, _ in heard] == pytest.approx([at for at, _, _ in PLAYED], abs=0.03)
    assert file.length == pytest.approx(2.5, abs=0.001)


def test_drums_are_named(folder, capsys):
    at = [(0.25 * n, (BRIGHT, DARK)[n % 2 == 0]) for n in range(12)]
    audio = strokes_of(at, 3.0, 44_100)
    sound_files.write(folder / "beat.wav", Sound(np.array([audio]), 44_100, 16))
    assert main.run(["listen", "beat.wav", "--json", "--quiet"]) == 0
    heard = json.loads(capsys.readouterr().out)
    assert heard["kind"] == "drums"
    assert [it["key"] for it in heard["strokes"]] == [36, 42] * 6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.wav", "--midi", "a.mid"], "nothing.wav"),
        (["tune.wav", "--midi", "a.wav"], "must end in .mid"),
        (["tune.wav", "--midi", "nowhere/a.mid"], "create it first"),
        (["tune.wav", "--midi", "there.mid"], "--force"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(arguments, says, folder, capsys):
    (folder / "there.mid").write_bytes(b"mine")
    assert says in refused(capsys, "listen", *arguments, "--quiet")


def corrected(path, key, to):
    """The MIDI file with another key in place of one."""
    file = mido.MidiFile(path)
    for message in (it for track in file.tracks for it in track):
        if message.type in ("note_on", "note_off") and message.note == key:
            message.note = to
    file.save("corrected.mid")


def test_what_was_heard_plays_the_same_and_a_corrected_key_another(folder, capsys):
    style = tune([(0.1, 0.5, 57), (0.8, 0.5, 69)], 1.5, RATE, (1.0, 0.1, 0.6))
    sound_files.write(folder / "clip.wav", Sound(style[None], RATE, 16))
    assert main.run(["listen", "tune.wav", "--midi", "heard.mid", "--quiet"]) == 0
    corrected("heard.mid", 64, 65)
    apply = ["apply", "tune.wav", "--style", "clip.wav", "--quiet", "--out"]
    assert main.run([*apply, "plain.wav"]) == 0
    assert main.run([*apply, "same.wav", "--notes", "heard.mid"]) == 0
    assert main.run([*apply, "other.wav", "--notes", "corrected.mid"]) == 0
    plain, same = ((folder / f"{it}.wav").read_bytes() for it in ("plain", "same"))
    assert plain == same
    capsys.readouterr()
    assert main.run(["listen", "other.wav", "--json", "--quiet"]) == 0
    heard = json.loads(capsys.readouterr().out)
    assert [round(it["pitch"]) for it in heard["notes"]] == [60, 65, 67, 72]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tune.wav", "out.wav", "--notes", "nothing.mid"], "no MIDI file"),
        (["tune.wav", "out.wav", "--notes", "tune.wav"], "cannot be read as MIDI"),
        (["tune.wav", "out.wav", "--notes", "empty.mid"], "has no notes"),
        (["tune.wav", "more.wav", "--out-dir", "out", "--notes", "a.mid"], "those of one stem"),
        (["tune.wav", "out.wav", "--notes", "a.mid", "--midi", "a.mid"], "leave one of them"),
        (["tune.wav", "out.wav", "--notes", "late.mid"], "begin where it begins"),
    ],
)
def test_notes_that_cannot_be_played_are_one_line_and_nothing_is_written(
    arguments, says, folder, capsys
):
    mido.MidiFile(tracks=[mido.MidiTrack()]).save("empty.mid")
    (folder / "more.wav").write_bytes((folder / "tune.wav").read_bytes())
    for name, beats in (("a.mid", 0), ("late.mid", 40)):
        on = mido.Message("note_on", note=60, time=480 * beats)
        off = mido.Message("note_off", note=60, time=480)
        mido.MidiFile(tracks=[mido.MidiTrack([on, off])]).save(name)
    line = refused(capsys, "apply", *arguments, "--preset", "violin", "--quiet")
    assert says in line
