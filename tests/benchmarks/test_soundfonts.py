"""Scripts that need a soundfont which is not there say so in one line, before any work."""

import importlib
import sys
from pathlib import Path

import pytest

from benchmarks import script

#: The scripts, by what they have to be told.
SCRIPTS = {
    "benchmarks.quality.__main__": [],
    "benchmarks.mashup.__main__": [],
    "benchmarks.morph.__main__": ["--half", "tune"],
    "benchmarks.suggest": [],
    "benchmarks.engines": ["--work", "work"],
    "benchmarks.training.hear": ["--work", "work"],
    "benchmarks.training.train_notes": ["--work", "work"],
    "benchmarks.training.latent.clips": ["--out", "out.npz"],
    "benchmarks.training.mashup.material": ["--work", "work"],
    "presets.studio.__main__": [],
}


@pytest.fixture
def no_soundfonts(monkeypatch, tmp_path):
    """A machine with fluidsynth, and without any soundfont."""
    monkeypatch.chdir(tmp_path)
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda it: it.suffix not in (".sf2", ".sf3") and real(it))
    monkeypatch.setattr(script.shutil, "which", lambda name, **options: f"/usr/bin/{name}")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.usefixtures("no_soundfonts")
def test_a_missing_soundfont_is_said_in_one_line(monkeypatch, capsys, name):
    main = importlib.import_module(name).main
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *SCRIPTS[name]])
    assert script.run(main) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "There is no soundfont /usr/share/sounds/" in line
    assert "install Debian's package " in line
    assert "soundfont" in line.partition("package ")[2]
    assert list(Path().iterdir()) == []
