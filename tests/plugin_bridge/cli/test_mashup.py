"""``restyle mashup`` as a user meets it: what it writes, what it refuses, how it ends."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from support.mashing import mean_of

from effects.mashing.mashability import Match
from effects.mashing.mask import Mask
from effects.mashing.options import Options
from effects.mashing.suggest import Suggestion
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 22_050


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with songs and stems in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    for n, name in enumerate(["a.wav", "b.wav", "c.wav", "vocals.wav", "drums.wav"]):
        write(
            name, bits=24 if name == "b.wav" else 16, channels=2 if name == "b.wav" else 1, seed=n
        )
    Path("stems").mkdir()
    write("stems/lead.wav")
    write("stems/drums.wav", bits=24)
    return tmp_path


def write(name, *, channels=1, seconds=0.5, bits=16, seed=0):
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, round(seconds * RATE)))
    sound_files.write(Path(name), Sound(noise.astype(np.float32), RATE, bits))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What `mash` was asked; it is that of the tests."""
    found = []

    def mash(songs, options, progress=None, *, threads=None):
        found.append((songs, options, threads))
        return mean_of(songs, options, progress)

    monkeypatch.setattr("effects.mashing.mash.mash", mash)
    return found


def run(*arguments):
    return main.run(["mashup", *(str(it) for it in arguments)])


@pytest.fixture
def refused(folder, capsys, asked):
    """Run a command that must fail: exit code 2, one line, nothing written. Returns the line."""

    def refuse(*arguments):
        before = files(folder)
        assert run(*arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"restyle: .+\n", said.err)
        assert files(folder) == before
        return said.err

    return refuse


# What works


def test_the_mashup_is_as_song_b(capsys):
    assert run("a.wav", "b.wav", "out.wav") == 0
    info = soundfile.info("out.wav")
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 2, "PCM_24")
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Wrote out\.wav: 0\.5 s, stereo, .+ in \d+\.\d s\.", first)
    assert last == "A is played 2 semitones higher."


@pytest.mark.parametrize("name", ["out.flac", "out.mp3", "out.ogg", "out.aiff"])
def test_the_format_is_that_of_the_name(name):
    assert run("a.wav", "b.wav", name, "--quiet") == 0
    assert soundfile.info(name).samplerate == RATE


def test_options_reach_the_mashup(asked):
    chosen = ["--lead", "auto", "--balance", "0.5", "--bed", "rhythm", "--tempo", "98.5"]
    part = ["--key", "none", "--from", "bar 2", "--to", "12.5", "--threads", "1"]
    assert run("a.wav", "b.wav", "out.wav", *chosen, *part) == 0
    [(songs, options, threads)] = asked
    assert [Path(song.name).name for song in songs] == ["a.wav", "b.wav"]
    given = {"lead": "auto", "balance": 0.5, "bed": "rhythm", "tempo": 98.5, "key": "none"}
    assert options == Options(**given, start="bar 2", end="12.5")
    assert threads == 1


def test_left_out_options_are_those_of_the_effect(asked):
    assert run("a.wav", "b.wav", "out.wav") == 0
    assert asked[0][1] == Options()


def test_several_songs_are_a_medley(asked):
    assert run("a.wav", "b.wav", "c.wav", "out.wav") == 0
    assert len(asked[0][0]) == 3


def test_songs_may_come_in_stems(asked):
    assert run("vocals.wav+drums.wav", "stems", "out.wav") == 0
    joined, folder = asked[0][0]
    assert joined.stems is not None
    assert folder.stems is not None
    assert soundfile.info("out.wav").subtype == "PCM_24"  # as the deepest stem of B


def test_a_name_may_have_a_plus_in_it(asked):
    write("a+b.wav")
    assert run("a+b.wav", "b.wav", "out.wav") == 0
    assert asked[0][0][0].stems is None


def test_everything_that_is_wanted_is_written():
    wanted = ["--mask", "m.npz", "--plot", "p.png", "--report", "r.json"]
    wanted += ["--automation", "c.mid", "--automation", "c.csv"]
    assert run("a.wav", "b.wav", "out.wav", *wanted) == 0
    assert Mask.load("m.npz").mask.max() == 1.0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("r.json").read_text())["lead"] == "a"
    assert Path("c.mid").read_bytes().startswith(b"MThd")
    assert Path("c.csv").read_text().startswith("seconds,crossfader,")


def test_a_song_named_train_is_found_by_its_path(asked):
    Path("train").write_bytes(Path("a.wav").read_bytes())
    assert run("./train", "b.wav", "out.wav") == 0
    assert len(asked) == 1


def test_files_are_replaced_with_force():
    assert run("a.wav", "b.wav", "out.wav") == 0
    before = Path("out.wav").read_bytes()
    assert run("b.wav", "a.wav", "out.wav", "--force", "--quiet") == 0
    assert Path("out.wav").read_bytes() != before


def test_help_teaches_by_examples(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    for word in ("--suggest", "train", "stems", "bar 9", "medley", "--automation"):
        assert word in said


# What is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["a.wav"], "Name a second song"),
        (["a.wav", "b.wav"], "Name where to write"),
        (["a.wav", "b.wav", "out"], "must end in one of"),
        (["gone.wav", "b.wav", "out.wav"], "There is no file gone.wav"),
        (["vocals.wav+gone.wav", "b.wav", "out.wav"], "There is no file gone.wav"),
        (["a.wav", "b.wav", "gone/out.wav"], "There is no folder"),
        (["a.wav", "b.wav", "b.wav"], "b.wav exists"),
        (["a.wav", "b.wav", "stems"], "must end in one of"),
        (["a.wav", "text.wav", "out.wav"], "text.wav"),
        (["a.wav", "empty", "out.wav"], "empty"),
        (["", "b.wav", "out.wav"], "'' names no song"),
        (["vocals.wav+", "b.wav", "out.wav"], "names no song"),
        (["vocals.wav+empty", "b.wav", "out.wav"], "empty is a folder"),
    ],
)
def test_songs_that_cannot_be_are_refused(refused, folder, asked, arguments, said):
    Path("text.wav").write_text("no sound")
    Path("empty").mkdir()
    assert said in refused(*arguments)
    assert asked == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lead", "c"], "Lead must be"),
        (["--balance", "2"], "--balance"),
        (["--balance", "nan"], "alance"),
        (["--bed", "soft"], "Bed must be"),
        (["--tempo", "fast"], "Tempo must be"),
        (["--tempo", "1"], "Tempo must be"),
        (["--key", "H"], "Key must be"),
        (["--from", "bar 0"], "first bar"),
        (["--from", "never"], "start must be"),
        (["--from", "2", "--to", "1"], "must come after"),
        (["--threads", "0"], "--threads"),
        (["--weights", "gone.npz"], "gone.npz"),
        (["--mask", "m.wav"], "must end in .npz"),
        (["--plot", "p.jpg"], "must end in .png"),
        (["--report", "r.txt"], "must end in .json"),
        (["--automation", "c.txt"], "must end in .mid or .csv"),
        (["--automation", "c.csv", "--automation", "./c.csv"], "named twice"),
        (["--mask", "a.wav.npz"], "a.wav.npz exists"),
        (["--plot", "gone/p.png"], "There is no folder"),
        (["--json"], "--json prints a ranking"),
        (["--nonsense"], "No such option"),
    ],
)
def test_options_that_cannot_be_are_refused(refused, asked, options, said):
    Path("a.wav.npz").write_bytes(b"mine")
    assert said in refused("a.wav", "b.wav", "out.wav", *options)
    assert asked == []


def test_an_error_in_the_middle_leaves_nothing(refused, monkeypatch):
    def fail(*given, **more):
        raise ValueError("a.wav has no beat.")

    monkeypatch.setattr("effects.mashing.mash.mash", fail)
    assert "has no beat" in refused("a.wav", "b.wav", "out.wav", "--mask", "m.npz")


def test_a_picture_that_cannot_be_drawn_leaves_nothing(refused, monkeypatch):
    def fail(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plugin_bridge.reports.mashup_picture.draw", fail)
    assert "p.png: No space left" in refused("a.wav", "b.wav", "out.wav", "--plot", "p.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suggest", "a.wav"], "Name a song and a folder"),
        (["--suggest", "a.wav", "stems", "out.wav"], "Name a song and a folder"),
        (["--suggest", "a.wav", "stems", "--lead", "b"], "only ranks songs"),
        (["--suggest", "a.wav", "stems", "--mask", "m.npz"], "only ranks songs"),
        (["--suggest", "gone.wav", "stems"], "gone.wav"),
        (["--suggest", "a.wav", "gone"], "gone"),
        (["train"], "FOLDER"),
        (["train", "stems"], "--out"),
        (["train", "stems", "--out", "w.pth"], "must end in .npz"),
        (["train", "gone", "--out", "w.npz"], "gone"),
        (["train", "stems", "--out", "w.npz", "--network", "mlp"], "mlp"),
        (["train", "stems", "--out", "w.npz", "--seconds", "0"], "--seconds"),
        (["train", "stems", "--out", "w.npz", "--epochs", "0"], "--epochs"),
        (["train", "stems", "--out", "w.npz", "--report", "r.txt"], "must end in .json"),
        (["train", "stems", "--out", "gone/w.npz"], "gone"),
    ],
)
def test_ranking_and_training_refuse_what_cannot_be(refused, arguments, said):
    assert said in refused(*arguments)


# How it ends


SLOW = """
import sys, time
import effects.mashing.mash
def mash(songs, options, progress=None, *, threads=None):
    print("begun", flush=True)
    while True:
        time.sleep(0.01)
        progress.tick(0.5, "mixing")
effects.mashing.mash.mash = mash
from plugin_bridge.cli.main import main
main()
"""


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143), (9, -9)])
def test_a_signal_in_the_middle_leaves_nothing(folder, number, code):
    before = files(folder)
    command = [sys.executable, "-c", SLOW, "mashup", "a.wav", "b.wav", "out.wav", "--mask", "m.npz"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait() == code
    assert files(folder) == before


def test_no_network_is_loaded_for_help():
    code = (
        "import sys; from plugin_bridge.cli import main; main.run(['mashup', '--help']); "
        "print([it for it in ('numpy', 'torch', 'librosa', 'onnxruntime') if it in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# Which songs go together


@pytest.fixture
def heard(monkeypatch):
    """Songs that need not be listened to: what is heard of each is its number of samples."""
    monkeypatch.setattr("effects.listening.listen.listen", lambda audio, *_: audio.shape[1])

    def judged(a, songs):
        match = Match(0.8, 0.6, 0.7, 0.7)
        order = sorted(songs, key=lambda name: abs(songs[name] - a))
        return [Suggestion(it, match, 0.7, 0.96, -2, "chords agree") for it in order]

    monkeypatch.setattr("effects.mashing.suggest.suggest", judged)
    Path("songs").mkdir()
    for n, name in enumerate(["far.wav", "near.flac"]):
        write(f"songs/{name}", seconds=1.0 - 0.25 * n)
    Path("songs/broken.mp3").write_text("no sound")
    Path("songs/notes.txt").write_text("no song")


def test_songs_are_ranked_and_what_cannot_be_read_is_said(heard, capsys):
    assert run("--suggest", "a.wav", "songs") == 0
    said = capsys.readouterr()
    _, first, second = said.out.splitlines()
    assert first.split()[:2] == ["near.flac", "0.70"]
    assert second.startswith("far.wav")
    assert first.endswith("chords agree")
    assert re.search(r"-4 %\s+-2", first)
    assert re.fullmatch(r"restyle: broken\.mp3: .+\n", said.err)


def test_a_ranking_may_be_had_as_json_without_the_song_itself(heard, capsys):
    assert run("--suggest", "songs/far.wav", "songs", "--json") == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["name"] == "near.flac"
    assert found["match"]["harmony"] == 0.8


def test_a_folder_in_which_nothing_can_be_read_is_refused(heard, capsys):
    for name in ("far.wav", "near.flac"):
        Path("songs", name).unlink()
    assert run("--suggest", "a.wav", "songs") == 2
    assert "No song of songs can be read" in capsys.readouterr().err


# Training on one's own


@pytest.fixture
def trained(monkeypatch):
    """What `train` was asked; in place of learning it writes the file of weights."""
    found = []

    def train(folder, *, out, progress, **options):
        found.append((folder, options))
        progress.tick(0.5, "training")
        Path(out).write_bytes(b"weights")
        return SimpleNamespace(weights=Path(out), as_json=dict, as_text=lambda: "a table")

    monkeypatch.setattr("effects.mashing.own.train.train", train)
    return found


def test_options_reach_the_training(trained, capsys):
    chosen = ["--network", "lstm", "--seconds", "30", "--minutes", "2", "--seed", "3"]
    assert run("train", "stems", "--out", "w.npz", *chosen, "--report", "r.json") == 0
    assert capsys.readouterr().out == "a table\nWrote w.npz.\n"
    assert json.loads(Path("r.json").read_text()) == {}
    given = {"network": "lstm", "seconds": 30.0, "minutes": 2.0, "epochs": None, "seed": 3}
    assert trained == [(Path("stems"), {**given, "work": None, "device": "auto"})]


def test_weights_are_not_trained_over(trained, refused):
    Path("w.npz").write_bytes(b"mine")
    assert "w.npz exists" in refused("train", "stems", "--out", "w.npz")
    assert trained == []


def test_ctrl_c_says_how_to_go_on(folder):
    given = "(songs, options, progress=None, *, threads=None)"
    code = SLOW.replace("effects.mashing.mash", "effects.mashing.own.train")
    code = code.replace(".train.mash = mash", ".train.train = mash")
    code = code.replace(given, "(*given, progress, **more)")
    command = [sys.executable, "-c", code, "mashup", "train", "stems", "--out", "w.npz"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert "run the same command again to go on" in process.stderr.read()
        assert process.wait() == 130
