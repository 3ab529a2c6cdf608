"""Instrument styles: a library of short clips, each with a name and a text file.

A preset is a folder ``library/<name>/`` with ``clip.ogg`` (or ``clip.flac``), the sound, and
``preset.toml``, what is known about it. To add one, add a folder and a line to ``CREDITS.md``.

>>> import presets
>>> "guitar" in presets.names()
True
>>> presets.get("guitar").family
'Strings'
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIBRARY = Path(__file__).parent / "library"


class UnknownPreset(ValueError):  # noqa: N818 - says what is the matter, as FileNotFound would
    """There is no preset of that name; the message suggests some and fits on one line."""


@dataclass(frozen=True)
class Preset:
    """One instrument style.

    Attributes:
        name: what it is called in code and on the command line: lower case, hyphens.
        label: what it is called on a screen.
        family: the kind of instrument, by which lists are grouped.
        source: where the recording comes from, a URL.
        licence: its licence, as an SPDX identifier.
        credit: who recorded it.
        clip: the sound file.
    """

    name: str
    label: str
    family: str
    source: str
    licence: str
    credit: str
    clip: Path


def names() -> list[str]:
    """Every preset's name, sorted."""
    return sorted(file.parent.name for file in LIBRARY.glob("*/preset.toml"))


def get(name: str) -> Preset:
    """The preset called ``name``.

    Raises:
        UnknownPreset: there is none; a ValueError.
    """
    known = names()
    if name not in known:
        raise UnknownPreset(_unknown(name, known))
    folder = LIBRARY / name
    about = tomllib.loads((folder / "preset.toml").read_text(encoding="utf-8"))
    return Preset(name=name, clip=next(folder.glob("clip.*")), **about)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name).lower(), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"There is no preset {name!r}: {hint}See `restyle presets` or presets.names()."
