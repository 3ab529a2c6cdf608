"""Inputs of operations: sounds in files."""

from __future__ import annotations

from contextlib import contextmanager

from plugin_bridge.files import sound_files
from plugin_bridge.jobs.inputs import Input


def quiet(fraction, stage):
    """Nobody listens to the progress."""


def as_input(folder, name, sound):
    """The sound as the file ``name`` in a folder, as an operation gets it."""
    path = folder / name
    sound_files.write(path, sound)

    @contextmanager
    def opens():
        with path.open("rb") as file:
            yield file

    return Input(path, opens, quiet)
