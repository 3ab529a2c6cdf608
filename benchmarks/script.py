"""What the scripts here share: a parser, checks of what they need, and what they say meanwhile."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

FOLDER = Path("/usr/share/sounds/sf2")  # where Debian's packages put soundfonts
TIMGM6MB, FLUIDR3 = FOLDER / "TimGM6mb.sf2", FOLDER / "FluidR3_GM.sf2"
MUSESCORE = FOLDER.parent / "sf3" / "MuseScore_General.sf3"
#: Debian's packages of soundfonts.
PACKAGES = {
    TIMGM6MB: "timgm6mb-soundfont",
    FLUIDR3: "fluid-soundfont-gm",
    MUSESCORE: "musescore-general-soundfont-small",
}


def first_line(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").partition("\n")[0]


def parser(doc: str | None, prog: str | None = None) -> argparse.ArgumentParser:
    """A parser for a script, described by the first line of its docstring."""
    return argparse.ArgumentParser(prog, description=first_line(doc))


def count(text: str) -> int:
    """The type of an option that is a whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def check_soundfonts(packages: Mapping[Path, str]) -> None:
    """Check that fluidsynth and soundfonts are here; ``packages`` says where to get each.

    Raises:
        FileNotFoundError: one is missing; the message names its Debian package.
    """
    if shutil.which("fluidsynth") is None:
        raise FileNotFoundError("There is no fluidsynth: install Debian's package fluidsynth.")
    for soundfont, package in packages.items():
        if not soundfont.is_file():
            raise FileNotFoundError(
                f"There is no soundfont {soundfont}: install Debian's package {package}."
            )


def run(main: Callable[[], int | None]) -> int:
    """Run a script; the exit code. What it needs and does not find is said in one line."""
    try:
        return main() or 0
    except (OSError, ValueError) as error:
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        return 2


def announce(doc: str | None, *packages: str) -> None:
    """Print what is measured, and with which versions of ``packages`` on what machine."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("restyle", *packages)]
    python = f"Python {platform.python_version()}"
    machine = f"{platform.machine()}, {os.cpu_count() or 1} cores"
    print(f"{first_line(doc)}\n{', '.join([*versions, python, machine])}\n", flush=True)


def say(what: str) -> None:
    """Tell on stderr, with the time, what is at work."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
