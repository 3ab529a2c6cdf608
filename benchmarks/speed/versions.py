"""Versions of Restyle that take turns: each runs from a folder of its own, by this interpreter."""

from __future__ import annotations

import compileall
import io
import json
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed import calls
from benchmarks.speed.calls import Answer, Request

ROOT = Path(__file__).parents[2]
#: Variables that would change what is measured: limits of threads, and modules that are compiled
#: anew each time.
UNSET = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "PYTHONDONTWRITEBYTECODE",
)


@dataclass(frozen=True)
class Version:
    """A version of Restyle.

    Attributes:
        name: what a table calls it.
        tree: the folder of its packages and its pyproject.toml.
        folder: for its cache and its user's presets.
    """

    name: str
    tree: Path
    folder: Path

    def __post_init__(self) -> None:
        for package in ("presets", "effects", "plugin_bridge"):
            compileall.compile_dir(self.tree / package, quiet=2)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which it is what Python imports."""
        kept = {name: value for name, value in os.environ.items() if name not in UNSET}
        folders = {
            "RESTYLE_CACHE_DIR": str(self.folder / "cache"),
            "RESTYLE_DATA_DIR": str(self.folder / "data"),
        }
        return kept | folders | {"PYTHONPATH": str(self.tree)}

    def python(self, code: str, *arguments: str) -> list[str]:
        """The command that has it run some code."""
        return [sys.executable, "-P", "-c", code, *arguments]

    def restyle(self, *arguments: str) -> list[str]:
        """Its command ``restyle``."""
        text = (self.tree / "pyproject.toml").read_text("utf-8")
        module, _, name = tomllib.loads(text)["project"]["scripts"]["restyle"].partition(":")
        code = f"import sys; from {module} import {name}; sys.exit({name}())"
        return self.python(code, *arguments)

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a command; what it prints is kept."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )

    def run(self, *commands: Sequence[str]) -> None:
        """Run commands at the same time, until all have ended.

        Raises:
            RuntimeError: one of them failed; with the last line that it printed.
        """
        running = [self.start(command) for command in commands]
        printed = [process.communicate()[1] for process in running]
        for process, text in zip(running, printed, strict=True):
            if process.returncode:
                last = (text.strip().splitlines() or ["no message"])[-1]
                raise RuntimeError(f"exit code {process.returncode}: {last}")


class Process:
    """A process of a version that restyles as it is told: see `benchmarks.speed.calls`."""

    def __init__(self, version: Version) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", calls.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=version.environment,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate()  # there are no more requests, so it ends

    def ask(self, request: Request) -> None:
        """Have a request answered, without waiting for it."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Answer:
        """Wait for the answer to what was asked. Raises RuntimeError if the process has ended."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process has ended; what went wrong stands above")
        return Answer(**json.loads(line))

    def __call__(self, request: Request) -> Answer:
        """The answer to a request."""
        self.ask(request)
        return self.answer()


def check_out(commit: str, folder: Path) -> None:
    """Write the files of a commit of this repository into ``folder``.

    Raises:
        FileNotFoundError: the repository is not here, or does not have the commit.
    """
    done = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=False)
    if done.returncode:
        raise FileNotFoundError(
            f"{commit} is not in this clone: run git fetch --unshallow, or name a folder with it."
        )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        # Pythons before 3.11.4 have no filters, and are sure to get a commit of our own.
        filtered = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        files.extractall(folder, **filtered)


def use_cores(count: int) -> int:
    """Have this process and those that it starts use so many cores, where the system lets them.

    Returns:
        How many they may use.
    """
    if sys.platform != "linux":
        return os.cpu_count() or 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    return len(os.sched_getaffinity(0))
