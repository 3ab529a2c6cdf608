"""How many threads BLAS has where it computes, in a process and in those that it starts."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from threadpoolctl import threadpool_info

RECORD = "BLAS_RECORD"  # the environment's variable for the file
#: Functions during which BLAS may compute, by their modules.
WATCHED = {
    "effects.transfer": ["Transfer.render"],
    "effects.engines.sampler.engine": ["Sampler.restyle"],
    "effects.signal.downmix": ["polarity"],
    "librosa.feature.spectral": ["melspectrogram", "mfcc", "chroma_cqt"],
}


def threads() -> dict[str, int]:
    """How many each library of BLAS has that is loaded, by its file."""
    return {
        it["filepath"]: it["num_threads"] for it in threadpool_info() if it["user_api"] == "blas"
    }


def recording(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python records what BLAS has, for `recorded`; ``folder`` is new.

    BLAS has two threads of its own, if the machine has so many cores.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("from support import blas\nblas.watch()\n")
    path = os.pathsep.join([str(folder), *sys.path])
    own = {"OPENBLAS_NUM_THREADS": "2", RECORD: str(folder / "record")}
    return {**environment, **own, "PYTHONPATH": path}


def recorded(folder: Path) -> list[tuple[str, dict[str, int]]]:
    """Before, within and after each watched function: which it is, and what BLAS had."""
    lines = (folder / "record").read_text().splitlines()
    return [(where, found) for where, found in map(json.loads, lines)]


def watch() -> None:
    """Record from now on; nothing is imported for it, since that would load libraries early."""
    sys.meta_path.insert(0, _Finder())


def _record(where: str) -> None:
    with Path(os.environ[RECORD]).open("a") as file:  # one short line, whole in one write
        file.write(json.dumps([where, threads()]) + "\n")


def _watched(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which records at its beginning and at its end."""

    @functools.wraps(function)
    def watched(*args: Any, **options: Any) -> Any:
        _record(f"{function.__name__} begins")
        try:
            return function(*args, **options)
        finally:
            _record(f"{function.__name__} ends")

    return watched


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of `WATCHED` as they are, and has their functions watched."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if name not in WATCHED:
            return None
        others = (it for it in sys.meta_path if it is not self)
        spec = next(filter(None, (it.find_spec(name, path, target) for it in others)))
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for place in WATCHED[name]:
                *owners, function = place.split(".")
                owner = functools.reduce(getattr, owners, module)
                setattr(owner, function, _watched(getattr(owner, function)))

        loader.exec_module = exec_module
        return spec
