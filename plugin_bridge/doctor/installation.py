"""What is installed: versions, extras, and whether the packages are Restyle's own."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from plugin_bridge.doctor.fact import Fact

#: The libraries that make the sound, in whose versions a report of a fault is read first.
SHOWN = ("torch", "pedalboard", "onnxruntime", "numpy", "scipy", "librosa", "soundfile")
#: The modules that an extra brings.
EXTRAS = {
    "midi": ("rtmidi",),
    "web": ("fastapi", "httptools", "python_multipart", "starlette", "uvicorn"),
    "postgres": ("psycopg",),
    "s3": ("obstore",),
    "dask": ("distributed",),
}
PACKAGES = ("restyle", "plugin_bridge", "effects", "presets")


def versions() -> Iterator[Fact]:
    """The versions of Restyle, Python and libraries; one that is missing or does not fit."""
    own = _version("restyle")
    yield Fact(
        "restyle",
        own,
        own or "not installed",
        "" if own else "Restyle is not installed, but runs where it lies: pip install . there.",
    )
    machine = f"{platform.system()} {platform.machine()}"
    yield Fact("python", platform.python_version(), f"{platform.python_version()}, {machine}")
    wrong = dict(_unmet()) if own else {}
    for name in dict.fromkeys([*SHOWN, *wrong]):
        found = _version(name)
        yield Fact(name, found, found or "not installed", wrong.get(name, ""))


def _unmet() -> Iterator[tuple[str, str]]:
    """The libraries that are missing or of a version that does not fit, and what to do."""
    from packaging.requirements import Requirement

    for line in requires("restyle") or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        found = _version(wanted.name)
        if found is None or not wanted.specifier.contains(found, prereleases=True):
            here = f"{wanted.name} {found} does not fit" if found else f"{wanted.name} is missing"
            yield wanted.name, f"{here}: pip install '{wanted.name}{wanted.specifier}'."


def extras() -> Iterator[Fact]:
    """Which extras are there, and how to get the others."""
    for name, modules in EXTRAS.items():
        there = all(find_spec(it) is not None for it in modules)
        yield Fact(name, there, "yes" if there else f"no: pip install 'restyle[{name}]'")


def packages() -> Iterator[Fact]:
    """Where Restyle's packages were loaded from, and whether they are its own.

    The program looks for strangers before it begins; this also finds packages of the same names
    that were overwritten by ours, whose removal would take ours away.
    """
    for name in PACKAGES:
        place = str(Path(importlib.import_module(name).__file__ or "?").parent)
        other = None if name == "restyle" else _version(name)
        trouble = (
            f"Another package {name} {other} is installed in the same place: pip uninstall {name}, "
            "then pip install --force-reinstall --no-deps restyle."
        )
        yield Fact(name, place, place, trouble if other else "")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
