"""How long a mashup of two songs of a minute takes, both heard for the first time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import soundfile

from benchmarks.mashup.songs import RATE, Known

SECONDS = 60.0
COMMAND = "from plugin_bridge.cli.main import main; main()"


class Taken(NamedTuple):
    """How long a command took.

    Attributes:
        processor: seconds of all threads.
        wall: seconds from its start to its end.
    """

    processor: float
    wall: float


def mashup(a: Known, b: Known) -> Taken:
    """``restyle mashup A B OUT`` as a process of its own, with an empty cache.

    Raises:
        ValueError: it failed; the message has its last line.
    """
    with tempfile.TemporaryDirectory() as folder:
        songs = [
            str(_written(it, Path(folder) / f"{name}.wav")) for it, name in ((a, "a"), (b, "b"))
        ]
        command = [sys.executable, "-c", COMMAND, "mashup", *songs, str(Path(folder) / "out.wav")]
        environment = {**os.environ, "RESTYLE_CACHE_DIR": str(Path(folder) / "cache")}
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise ValueError(f"restyle mashup failed: {lines[-1]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(processor, wall)


def _written(song: Known, path: Path) -> Path:
    """The song's first minute as a file."""
    soundfile.write(path, song.mix[:, : round(SECONDS * RATE)].T, RATE, subtype="FLOAT")
    return path
