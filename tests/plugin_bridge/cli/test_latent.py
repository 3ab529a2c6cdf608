"""``restyle latent`` as a user meets it: latents as files, played again, and on a map."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.cli import refused, write_noise

import presets
from effects.latent.latent import Latent
from plugin_bridge.cli import main

HASH = "0123456789abcdef"


def a_latent(name="piece", seconds=0.5, value=0.0):
    z = np.full((1, 120), value, np.float32)
    return Latent(name, seconds, z, np.array([3]), np.array([-20.0]), HASH)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with sounds in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    write_noise("a.wav")
    Path("songs/jazz").mkdir(parents=True)
    for name in ("songs/b.flac", "songs/c.wav", "songs/jazz/d.wav"):
        write_noise(name)
    Path("songs/notes.txt").write_text("no sound")
    return tmp_path


@pytest.fixture(autouse=True)
def heard(monkeypatch):
    """What was encoded, and what was played, by whom; no networks are needed for it."""
    found = []

    def encode(name, audio, sample_rate, codec=None, progress=None):
        progress.tick(0.5, "listening")
        found.append(name)
        return a_latent(name, value=float(len(found)))

    def decode(latent, style, sample_rate, *, codec=None, progress=None):
        found.append((latent.name, style.source, sample_rate))
        return np.full((1, round(latent.seconds * sample_rate)), 0.5, np.float32)

    monkeypatch.setattr("effects.latent.loading.load_codec", lambda weights=None: weights)
    monkeypatch.setattr("effects.tweaking.encoding.encode", encode)
    monkeypatch.setattr("effects.tweaking.encoding.decode", decode)
    return found


def run(*arguments):
    return main.run(["latent", *(str(it) for it in arguments)])


# encode


def test_a_sound_becomes_a_file(heard, capsys):
    assert run("encode", "a.wav", "--out", "a.npz") == 0
    assert capsys.readouterr().out == "Wrote a.npz.\n"
    assert heard == ["a"]
    latent = Latent.load("a.npz")
    assert (latent.name, latent.weights_hash) == ("a", HASH)


def test_several_and_folders_become_files_in_a_folder(capsys):
    assert run("encode", "a.wav", "songs", "--out", "new/latents") == 0
    assert capsys.readouterr().out == "Encoded 3 into new/latents.\n"
    names = sorted(it.name for it in Path("new/latents").iterdir())
    assert names == ["a.npz", "b.npz", "c.npz"]


def test_what_cannot_be_read_is_said_and_the_others_are_encoded(capsys):
    Path("songs/broken.mp3").write_text("no sound")
    assert run("encode", "songs", "--out", "latents") == 2
    first, last = capsys.readouterr().err.splitlines()
    assert "songs/broken.mp3" in first
    assert "1 of the 3 sounds could not be encoded" in last
    assert sorted(it.name for it in Path("latents").iterdir()) == ["b.npz", "c.npz"]


def test_latents_are_replaced_only_with_force(capsys):
    assert run("encode", "a.wav", "--out", "a.npz", "-q") == 0
    before = Path("a.npz").read_bytes()
    assert "a.npz exists" in refused(capsys, "latent", "encode", "a.wav", "--out", "a.npz")
    assert run("encode", "songs/c.wav", "--out", "a.npz", "-q", "--force") == 0
    assert Path("a.npz").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "x.npz"], "Missing argument"),
        (["a.wav"], "--out"),
        (["gone.wav", "--out", "x.npz"], "There is no file gone.wav"),
        (["songs", "--out", "x.npz"], "x.npz is one latent"),
        (["a.wav", "songs/c.wav", "--out", "x.npz"], "x.npz is one latent"),
        (["a.wav", "--out", "a.wav"], "a.wav is a file"),
        (["a.wav", "--out", "gone/x.npz"], "There is no folder"),
        (["empty", "--out", "latents"], "empty holds no sounds"),
        (["a.wav", "twin/a.flac", "--out", "latents"], "second a"),
        (["text.wav", "--out", "x.npz"], "text.wav"),
    ],
)
def test_what_cannot_be_encoded_is_refused(capsys, arguments, said):
    Path("empty").mkdir()
    Path("twin").mkdir()
    write_noise("twin/a.flac")
    Path("text.wav").write_text("no sound")
    assert said in refused(capsys, "latent", "encode", *arguments)


# decode


def test_a_latent_is_played_by_a_preset_or_a_clip(heard, capsys):
    a_latent("tune").save("tune.npz")
    assert run("decode", "tune.npz", "out.wav", "--preset", "Violin") == 0
    assert capsys.readouterr().out.startswith("Wrote out.wav: 0.5 s, mono, 44.1 kHz, 24-bit")
    assert run("decode", "tune.npz", "out.flac", "--style", "a.wav", "--rate", "48000", "-q") == 0
    assert soundfile.info("out.flac").samplerate == 48_000
    violin = presets.get("violin").clip
    assert heard == [("tune", violin, 44_100.0), ("tune", Path("a.wav"), 48_000.0)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tune.npz"], "Missing argument"),
        (["tune.npz", "out.wav"], "who is to play it"),
        (["tune.npz", "out.wav", "--preset", "violin", "--style", "a.wav"], "who is to play it"),
        (["tune.npz", "out.wav", "--preset", "no such thing"], "no such thing"),
        (["tune.npz", "out", "--preset", "violin"], "must end in one of"),
        (["tune.npz", "a.wav", "--preset", "violin"], "a.wav exists"),
        (["tune.npz", "out.mp3", "--preset", "violin", "--rate", "96000"], "cannot hold"),
        (["gone.npz", "out.wav", "--preset", "violin"], "gone.npz"),
        (["a.wav", "out.wav", "--preset", "violin"], "a.wav"),
        (["songs", "out.wav", "--preset", "violin"], "songs"),
    ],
)
def test_what_cannot_be_played_is_refused(capsys, heard, arguments, said):
    a_latent("tune").save("tune.npz")
    assert said in refused(capsys, "latent", "decode", *arguments)
    assert heard == []


# map


def test_a_folder_becomes_a_map_that_plays(capsys):
    Path("songs/broken.mp3").write_text("no sound")
    assert run("map", "songs", "songs.html") == 0
    said = capsys.readouterr()
    assert said.out == "Wrote songs.html: 3 pieces.\n"
    assert said.err.count("songs/broken.mp3") == 1
    page = Path("songs.html").read_text()
    for sound in ("songs/b.flac", "songs/c.wav", "songs/jazz/d.wav"):
        assert sound in page


def test_a_map_may_hold_its_sounds_or_be_a_picture():
    assert run("map", "songs", "songs.html", "--embed", "-q") == 0
    assert "data:audio/flac;base64," in Path("songs.html").read_text()
    assert run("map", "songs", "songs.png", "-q") == 0
    assert Path("songs.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["songs"], "Missing argument"),
        (["gone", "x.html"], "There is no folder gone"),
        (["a.wav", "x.html"], "There is no folder a.wav"),
        (["empty", "x.html"], "empty holds no sounds"),
        (["songs", "x.svg"], "must end in .html or .png"),
        (["songs", "x.png", "--embed"], "leave --embed out"),
        (["songs", "mine.html"], "mine.html exists"),
    ],
)
def test_what_cannot_be_mapped_is_refused(capsys, arguments, said):
    Path("empty").mkdir()
    Path("mine.html").write_text("mine")
    assert said in refused(capsys, "latent", "map", *arguments)


def test_a_folder_in_which_nothing_can_be_read_has_no_map(capsys):
    Path("broken").mkdir()
    Path("broken/x.mp3").write_text("no sound")
    assert run("map", "broken", "x.html") == 2
    assert "No sound of broken can be read" in capsys.readouterr().err
    assert not Path("x.html").exists()
