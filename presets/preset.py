"""One preset: a folder with a style clip and a text file that says what it is.

``preset.toml`` says what is known of the sound, ``clip.ogg`` (or another format) is the sound, and
``notes.mid``, if there is one, is what was played. Nothing in the text names a file, so a preset
from a stranger cannot point to other files.
"""

from __future__ import annotations

import json
import os
import reprlib
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from presets.general_midi import name_of

TEXT = "preset.toml"
NOTES = "notes.mid"
CLIP_SUFFIXES = (".ogg", ".flac", ".wav", ".aiff", ".aif", ".mp3")

# Limits on what a stranger may send: by guess, far above what presets need.
#: The time to read some texts grows with the square of their length: at this length it is 0.2 s.
MAX_TEXT_BYTES = 8 << 10
MAX_NOTES_BYTES = 1 << 20
MAX_CLIP_BYTES = 100 << 20
MAX_ENTRY = 400  # characters

#: Settings of `effects.StyleTransfer` that a preset may advise, and their ranges.
PARAMETERS = {"strength": (0.0, 1.0), "mix": (0.0, 1.0)}


class PresetError(ValueError):
    """Something is wrong with a preset; the message fits on one line and says what to do."""


class UnknownPreset(PresetError):  # noqa: N818 - says what is the matter, as FileNotFound would
    """There is no preset of that name; the message suggests some."""


class BrokenPreset(PresetError):  # noqa: N818
    """The folder is there but is not a preset; the message names it and says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One style.

    Attributes:
        name: its name in code and on the command line: lower case, hyphens.
        label: its name on a screen.
        family: the kind of sound; lists are grouped by it.
        licence: the clip's licence, as an SPDX identifier.
        source: where the clip comes from.
        credit: who made it.
        program: its General MIDI program, from 0; None if it has none.
        bank: the bank (controller 0) in which it is that program.
        percussion: whether it is a drum kit, played on the percussion channel.
        register: its lowest and highest usual note, as MIDI numbers; for a kit, the lowest and
            highest key of a drum; None if unknown.
        note: what a user should know about the sound.
        parameters: settings advised for `effects.StyleTransfer`, by name.
        sha256: the hash of the clip's bytes; None if nobody has written it down.
        override: whether a user's preset replaces the built-in one of the same name.
        clip: the sound file.
        notes: what is played in the clip, as a MIDI file; None if unknown.
        built_in: whether it came with Restyle.
    """

    name: str
    label: str
    family: str
    licence: str = ""
    source: str = ""
    credit: str = ""
    program: int | None = None
    bank: int = 0
    percussion: bool = False
    register: tuple[int, int] | None = None
    note: str = ""
    parameters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sha256: str | None = None
    override: bool = False
    clip: Path
    notes: Path | None = None
    built_in: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle has: the same, since no pickle takes a read-only mapping."""
        return {**vars(self), "parameters": dict(self.parameters)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy."""
        vars(self).update(state, parameters=MappingProxyType(state["parameters"]))

    @property
    def gm_number(self) -> str | None:
        """Its General MIDI number as lists print it; None if it has none.

        ``40`` is a program, ``14:8`` one of bank 8, and ``kit 16`` a drum kit.
        """
        if self.program is None:
            return None
        bank = f":{self.bank}" if self.bank else ""
        return f"{'kit ' if self.percussion else ''}{self.program}{bank}"

    @property
    def gm_name(self) -> str | None:
        """General MIDI's name for it; None if General MIDI does not have it."""
        if self.program is None or self.bank:
            return None
        return name_of(self.program, percussion=self.percussion)


def read(folder: Path, *, name: str | None = None, built_in: bool = False) -> Preset:
    """The preset in ``folder``, with the folder's name unless ``name`` is given.

    The clip is not opened: `presets.user.validate` does that. Links are followed only in built-in
    presets, since some installers build packages out of links.

    Raises:
        BrokenPreset: a part is missing, too large, unreadable or makes no sense.
    """
    path = _find(folder, TEXT, MAX_TEXT_BYTES, links=built_in)
    if path is None:
        raise BrokenPreset(f"The preset {shown(folder)} is broken: it has no {TEXT}.")
    entries = _parse(path)
    clips = [_find(folder, f"clip{it}", MAX_CLIP_BYTES, links=built_in) for it in CLIP_SUFFIXES]
    present = [clip for clip in clips if clip is not None]
    if len(present) != 1:
        found = f"it has {' and '.join(it.name for it in present)}" if present else "it has none"
        raise BrokenPreset(
            f"The preset {shown(folder)} is broken: it must have one sound, clip.ogg for example, "
            f"and {found}."
        )
    return Preset(
        name=folder.name if name is None else name,
        clip=present[0],
        notes=_find(folder, NOTES, MAX_NOTES_BYTES, links=built_in),
        built_in=built_in,
        **entries,
    )


def render(preset: Preset) -> str:
    """The text of ``preset.toml``: all that is known of ``preset`` except its name and files."""
    lines = []
    for it in fields(Preset):
        value = getattr(preset, it.name)
        if it.name in _CHECKS and value not in (it.default, {}):
            lines.append(f"{it.name} = {_toml(value)}\n")
    return "".join(lines)


def shown(value: object) -> str:
    """A path, or a value from a text, as messages show it: on one line, shortened if long."""
    try:
        text = os.fspath(value) if isinstance(value, Path) else reprlib.repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a huge number"
    return text if text.isprintable() else repr(text)


def _find(folder: Path, name: str, max_bytes: int, *, links: bool) -> Path | None:
    """The path of an ordinary file of up to ``max_bytes`` in ``folder``; None if there is none."""
    path = folder / name

    def broken(what: str) -> BrokenPreset:
        return BrokenPreset(f"The preset {shown(folder)} is broken: its {name} {what}.")

    try:
        status = path.stat() if links else path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise broken(f"cannot be read ({error.strerror})") from error
    if stat.S_ISLNK(status.st_mode):
        raise broken("is a link: put the file itself there")
    if not stat.S_ISREG(status.st_mode):
        raise broken("is not a file")
    if status.st_size > max_bytes:
        raise broken(
            f"has {_megabytes(status.st_size)}, more than the {_megabytes(max_bytes)} it may have"
        )
    return path


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _parse(path: Path) -> dict[str, Any]:
    """The entries of the text, as arguments of `Preset`."""

    def broken(what: str) -> BrokenPreset:
        return BrokenPreset(f"The preset {shown(path.parent)} is broken: its {TEXT} {what}.")

    try:
        with path.open("rb") as file:
            entries = tomllib.loads(file.read(MAX_TEXT_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise broken(f"cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:100].rstrip(".") or type(error).__name__
        raise broken(f"is not TOML in UTF-8 ({reason})") from error
    for key, value in entries.items():
        check = _CHECKS.get(key)
        if check is None:
            raise broken(f"has an entry {shown(key)} that presets do not have")
        if not check(value):
            raise broken(f"says {key} = {shown(value)}, which makes no sense there")
    for key in ("label", "family"):
        if key not in entries:
            raise broken(f"does not say its {key}")
    if "register" in entries:
        entries["register"] = tuple(entries["register"])
    if "parameters" in entries:
        entries["parameters"] = MappingProxyType(
            {key: float(value) for key, value in entries["parameters"].items()}
        )
    return entries


def _toml(value: object) -> str:
    """``value`` in TOML, whose strings, numbers and arrays are written as in JSON."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(it)}' for key, it in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_ENTRY and value.isprintable()


def _is_filled_text(value: object) -> bool:
    return _is_text(value) and bool(str(value).strip())


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_midi_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 127


def _is_register(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(_is_midi_number(note) for note in value)
        and value[0] <= value[1]
    )


def _are_parameters(value: object) -> bool:
    return isinstance(value, dict) and all(
        key in PARAMETERS
        and isinstance(number, (int, float))
        and not isinstance(number, bool)
        and PARAMETERS[key][0] <= number <= PARAMETERS[key][1]
        for key, number in value.items()
    )


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


_CHECKS = {
    "label": _is_filled_text,
    "family": _is_filled_text,
    "note": _is_text,
    "licence": _is_text,
    "source": _is_text,
    "credit": _is_text,
    "program": _is_midi_number,
    "bank": _is_midi_number,
    "percussion": _is_bool,
    "register": _is_register,
    "parameters": _are_parameters,
    "sha256": _is_sha256,
    "override": _is_bool,
}
