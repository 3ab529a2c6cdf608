"""``restyle latent train`` as a user meets it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import refused, write_noise

from effects.latent.own.judging import Scores, Timbres
from effects.latent.own.report import Report
from effects.learned.own_files import Skipped
from plugin_bridge.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with music in it, which is in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    Path("songs").mkdir()
    for name in "abc":
        write_noise(f"songs/{name}.wav")
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """What training was asked for; nothing is learnt."""
    found = []

    def train(folder, out, *, progress, **wish):
        progress.tick(0.5, "learning")
        found.append((folder, wish))
        Path(out).touch()
        return Report(
            out,
            "0123456789abcdef",
            ("a.wav", "b.wav", "c.wav"),
            (),
            (Skipped("d.wav", "is silent"),),
            ("jazz", "rock"),
            Scores(3, 0.5, 0.6, 1.0),
            Timbres(3, 9.0, 9.5, 15.0, 12.0, 1.0),
            ("higher",),
            {"steps": {"bars": 7}, "training_seconds": 60.0, "music_seconds": 90.0},
        )

    monkeypatch.setattr("effects.latent.own.train.train", train)
    return found


def run(*arguments):
    return main.run(["latent", "train", *arguments])


def test_it_says_beforehand_how_long_and_afterwards_how_well(asked, capsys):
    assert run("songs", "own.npz") == 0
    said = capsys.readouterr()

    assert "3 sounds" in said.err
    assert "30 minutes" in said.err
    assert "F of the strokes" in said.out
    assert "0.50" in said.out
    assert "Genres: jazz, rock" in said.out
    assert "d.wav: is silent" in said.out
    assert said.out.endswith("Wrote own.npz.\n")


def test_options_and_the_report_are_passed_on(asked, capsys):
    options = ("--steps", "9", "--seconds", "20", "--seed", "4", "--threads", "1", "--quiet")
    assert run("songs", "own.npz", *options, "--report", "own.json") == 0

    assert capsys.readouterr() == ("", "")
    [(folder, wish)] = asked
    assert folder == Path("songs")
    expected = {"steps": 9, "minutes": None, "seconds": 20, "seed": 4, "threads": 1, "work": None}
    assert wish == expected
    assert json.loads(Path("own.json").read_text())["weights_hash"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none", "own.npz"], "There is no folder 'none'"),
        (["songs/a.wav", "own.npz"], "is a file"),
        (["empty", "own.npz"], "There is no sound in 'empty'"),
        (["songs", "own.pt"], "must end in .npz"),
        (["songs", "old.npz"], "--force"),
        (["songs", "own.npz", "--report", "own.txt"], "own.txt"),
        (["songs", "own.npz", "--minutes", "1", "--steps", "2"], "not both"),
        (["songs", "own.npz", "--minutes", "0"], "minutes must be above 0"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(asked, capsys, arguments, says):
    Path("empty").mkdir()
    Path("old.npz").touch()

    assert says in refused(capsys, "latent", "train", *arguments)
    assert not asked


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_says_how_to_go_on():
    code = "import time; from effects.latent.own import train as module"
    code += "; module.train = lambda *_, **__: print('begun', flush=True) or time.sleep(60)"
    code += "; from plugin_bridge.cli.main import main; main()"
    command = [sys.executable, "-c", code, "latent", "train", "songs", "own.npz", "--quiet"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "restyle: stopped; run the same command again to go on\n"
        assert process.wait() == 130
