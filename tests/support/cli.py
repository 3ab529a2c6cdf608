"""What tests of commands that write files share: sounds to read, and refusals."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 22_050


def write_noise(name, *, channels=1, seconds=0.5, bits=16, seed=0, rate=RATE):
    """A file with noise in it."""
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, round(seconds * rate)))
    sound_files.write(Path(name), Sound(noise.astype(np.float32), rate, bits))


def files(folder):
    """The contents of all files in a folder and its folders, by their paths."""
    return {it.relative_to(folder): it.read_bytes() for it in folder.rglob("*") if it.is_file()}


def refused(capsys, *arguments):
    """Run a command that must fail: exit code 2, one line, nothing written. Returns the line."""
    before = files(Path())
    assert main.run([str(it) for it in arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"restyle: .+\n", said.err)
    assert files(Path()) == before
    return said.err
