"""What a command imports and what that costs: by library, and the heaviest modules.

python -m benchmarks.speed.imports
python -m benchmarks.speed.imports apply --modules 30

Python itself takes the times (``-X importtime``), which costs some time, too: they are for finding
what is heavy, and `benchmarks.speed.command_line` says how long commands take.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from benchmarks import script

RUN = "from plugin_bridge.cli.main import main; main()"
STEM_SECONDS, RATE = 1.0, 44_100
#: Python's code by what is measured; ``{stem}`` and ``{out}`` are files.
COMMANDS = {
    "help": [RUN, "--help"],
    "effects": ["import effects"],
    "apply": [RUN, "apply", "{stem}", "--out", "{out}", "--preset", "violin", "--force"],
}


class Import(NamedTuple):
    """One module, as it was imported."""

    name: str
    own: float  # milliseconds
    total: float  # the same, with what it imports
    #: Whether a module of the same library imports it, directly or not.
    inside: bool

    @property
    def library(self) -> str:
        """The package that it is in."""
        return self.name.partition(".")[0]


def imports_of(report: str) -> Iterator[Import]:
    """What ``-X importtime`` wrote: ``import time: own | total | name``, in microseconds.

    A module stands behind those that it imports, which are indented by two spaces more; so from the
    last line to the first, each comes after the one that imports it.
    """
    importing: list[str] = []  # the libraries of the modules around this one
    for line in reversed(report.splitlines()):
        if not line.startswith("import time:") or "imported package" in line:
            continue
        own, total, indented = line.removeprefix("import time:").split("|")
        name = indented.strip()
        depth = (len(indented) - len(indented.lstrip()) - 1) // 2
        del importing[depth:]
        library = name.partition(".")[0]
        yield Import(name, int(own) / 1000, int(total) / 1000, library in importing)
        importing.append(library)


def measure(command: list[str], environment: dict[str, str], runs: int) -> list[Import]:
    """What one process imports: of several, the one that takes least time for it."""
    found = []
    for _ in range(runs + 1):
        process = [sys.executable, "-X", "importtime", "-c", *command]
        done = subprocess.run(process, env=environment, capture_output=True, text=True, check=True)
        found.append([*imports_of(done.stderr)])
    return min(found[1:], key=own_time)  # the first has compiled them, and filled caches


def own_time(imports: Iterable[Import]) -> float:
    """Milliseconds that these take without what else they import."""
    return sum(it.own for it in imports)


def show(what: str, imports: list[Import], modules: int) -> None:
    """Print both tables."""
    print(f"{what}: {len(imports)} modules, {own_time(imports):.0f} ms")
    print(f"  {'library':44}{'own ms':>8}{'with all':>10}{'modules':>9}")
    libraries: dict[str, list[Import]] = {}
    for it in imports:
        libraries.setdefault(it.library, []).append(it)
    totals = {
        name: sum(it.total for it in members if not it.inside)
        for name, members in libraries.items()
    }
    for name in sorted(totals, key=totals.__getitem__, reverse=True)[:modules]:
        of = libraries[name]
        print(f"  {name:44}{own_time(of):8.1f}{totals[name]:10.1f}{len(of):9}")
    print(f"  {'module':44}{'own ms':>8}{'with all':>10}")
    for it in sorted(imports, key=lambda it: it.own, reverse=True)[:modules]:
        print(f"  {it.name:44}{it.own:8.1f}{it.total:10.1f}")
    print()


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "commands", nargs="*", metavar="COMMAND", help=f"of {', '.join(COMMANDS)}; default: all"
    )
    parser.add_argument("--runs", type=script.count, default=3, help="of each (%(default)s)")
    parser.add_argument(
        "--modules", type=script.count, default=12, help="rows of each table (%(default)s)"
    )
    options = parser.parse_args()
    if unknown := {*options.commands} - {*COMMANDS}:
        parser.error(f"there is no {', '.join(unknown)}: choose from {', '.join(COMMANDS)}")
    script.announce(__doc__, "numpy", "scipy", "typer")
    environment = {it: of for it, of in os.environ.items() if it != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        files = {"stem": Path(folder, "stem.wav"), "out": Path(folder, "out.wav")}
        seconds = np.arange(round(STEM_SECONDS * RATE)) / RATE
        soundfile.write(files["stem"], np.sin(2 * np.pi * 220 * seconds) / 4, RATE)
        environment["RESTYLE_CACHE_DIR"] = folder
        for name in options.commands or COMMANDS:
            command = [part.format(**files) for part in COMMANDS[name]]
            show(name, measure(command, environment, options.runs), options.modules)


if __name__ == "__main__":
    main()
