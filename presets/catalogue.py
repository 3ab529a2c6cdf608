"""All presets, the built-in ones and the user's, and how to find one of them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from platformdirs import user_data_path

from presets.general_midi import DRUM_KITS, FAMILIES, KITS, PROGRAMS
from presets.preset import (
    CLIP_SUFFIXES,
    TEXT,
    BrokenPreset,
    Preset,
    PresetError,
    UnknownPreset,
    read,
    shown,
)

BUILT_IN = Path(__file__).parent / "library"

MAX_NAME = 64  # characters; by guess
#: Names that no file can have on Windows, whatever its suffix.
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


def user_folder() -> Path:
    """Where the user's presets are; ``RESTYLE_DATA_DIR`` moves it."""
    chosen = os.environ.get("RESTYLE_DATA_DIR")
    return (Path(chosen) if chosen else user_data_path("restyle", appauthor=False)) / "presets"


def slug(name: str) -> str:
    """``name`` as presets' names are written: lower case, with hyphens between words.

    >>> slug("Acoustic Guitar (nylon)")
    'acoustic-guitar-nylon'
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return "-".join(word for word in "".join(kept).split() if any(c.isalnum() for c in word))


def check_name(name: str) -> str:
    """``name`` as presets' names are written.

    Raises:
        PresetError: a preset may not be called so.
    """
    written = slug(name)
    if not written:
        raise PresetError(f"{shown(name)} is no name: it needs a letter.")
    if len(written) > MAX_NAME or len(written.encode()) > 3 * MAX_NAME:
        raise PresetError(f"The name {shown(name)} is too long: {MAX_NAME} letters are the most.")
    if written.isnumeric():
        raise PresetError(f"{shown(name)} is no name: numbers are General MIDI's. Add a letter.")
    if written in RESERVED:
        raise PresetError(f"Windows cannot have files called {shown(name)}: choose another name.")
    return written


def names() -> list[str]:
    """The name of every preset that can be read, sorted."""
    return sorted({*_built_in(), *(preset.name for preset in _user()[0])})


def every() -> list[Preset]:
    """Every preset that can be read, by name."""
    found = {**_built_in(), **{preset.name: preset for preset in _user()[0]}}
    return [found[name] for name in sorted(found)]


def in_order(presets: Iterable[Preset]) -> list[Preset]:
    """Sorted by family and program as in General MIDI, then drum kits, then others by name."""
    places = {family: place for place, family in enumerate((*FAMILIES, DRUM_KITS))}

    def place(it: Preset) -> tuple[int, str, int, int, str]:
        number = 128 if it.program is None else it.program  # after the last program
        return places.get(it.family, len(places)), it.family, number, it.bank, it.name

    return sorted(presets, key=place)


def by_family(presets: Iterable[Preset]) -> dict[str, list[Preset]]:
    """The members of each family; families and members are sorted as by `in_order`."""
    families: dict[str, list[Preset]] = {}
    for it in in_order(presets):
        families.setdefault(it.family, []).append(it)
    return families


def broken() -> list[BrokenPreset]:
    """The user's presets that cannot be read, or that a built-in one hides, and why."""
    return _user()[1]


def get(name: str | int) -> Preset:
    """The preset of that name, General MIDI number (from 0) or General MIDI name.

    Case, spaces and punctuation do not matter. Numbers are those of `Preset.gm_number`.

    >>> get("violin") == get("Violin") == get(40) == get("40")
    True
    >>> get("14:8").name, get("kit 16").name
    ('church-bell', 'power-kit')

    Raises:
        UnknownPreset: there is none. It is a ValueError.
        BrokenPreset: it is the user's and cannot be read. It is a ValueError.
    """
    if isinstance(name, int) and not isinstance(name, bool):
        return from_program(name)
    if not isinstance(name, str):
        raise TypeError(f"A preset is a name or a General MIDI number, not {name!r}.")
    wanted = slug(name)
    if not wanted or len(wanted) > 2 * MAX_NAME:
        raise UnknownPreset(_unknown(name))
    own = built_in(name)
    for candidate in dict.fromkeys([wanted, own.name if own else wanted]):
        folder = user_folder() / candidate
        if os.path.isdir(folder):
            try:
                return read_user(folder)
            except BrokenPreset:
                if own is None:
                    raise
    if own is None:
        raise UnknownPreset(_unknown(name))
    return own


def built_in(name: str) -> Preset | None:
    """The built-in preset of that name, General MIDI number or name, even if it is overridden."""
    wanted = slug(name)
    if wanted.isdecimal():  # the slug of -1 is 1, but -1 is no program
        digits = unicodedata.normalize("NFKC", name).strip()
        wanted = str(int(wanted)) if wanted == digits and len(wanted) < 5 else ""
    if os.path.isfile(BUILT_IN / wanted / TEXT):  # as most often: the others need not be read
        return _read_built_in(wanted)
    number = unicodedata.normalize("NFKC", name).strip()
    return _built_in().get(_aliases().get(wanted, _banked().get(number, wanted)))


def read_user(folder: Path) -> Preset:
    """The preset in a folder of `user_folder`.

    Raises:
        BrokenPreset: it cannot be read, a preset may not be called so, or it has the name of a
            built-in one without saying that it overrides that.
    """
    name = unicodedata.normalize("NFC", folder.name)
    try:
        right = check_name(name)
    except PresetError as error:
        raise BrokenPreset(f"The preset {shown(folder)} must be renamed: {error}") from error
    if name != right:
        raise BrokenPreset(f"The preset {shown(folder)} is not found: rename the folder {right!r}.")
    preset = read(folder, name=name)
    if built_in(name) and not preset.override:
        raise BrokenPreset(
            f"The preset {shown(folder)} has the name of a built-in one, which is used in its "
            f"place: rename the folder, or add the line override = true to its {TEXT}."
        )
    return preset


def from_program(program: int, bank: int = 0, percussion: bool = False) -> Preset:
    """The preset for a MIDI program change.

    As in synthesisers, a missing variation is replaced by the program's sound in bank 0, and a
    missing drum kit by the standard kit.

    Args:
        program: from 0, as on the wire: 40 is the violin.
        bank: the value of the last bank select (controller 0).
        percussion: whether it came on the percussion channel, where programs are drum kits.

    Raises:
        ValueError: ``program`` or ``bank`` is not between 0 and 127.
    """
    for what, number in (("program", program), ("bank", bank)):
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"A MIDI {what} is an integer, not {number!r}.")
        if not 0 <= number <= 127:
            raise ValueError(f"A MIDI {what} is between 0 and 127, not {number}.")
    programs = _programs()
    tries = [(program, 0), (0, 0)] if percussion else [(program, bank), (program, 0)]
    found = next(
        programs[number, at, percussion]
        for number, at in tries
        if (number, at, percussion) in programs
    )
    return get(found)


def suggestions(name: str) -> list[str]:
    """Up to three names that look like ``name``, the most likely first."""
    import difflib

    wanted = slug(name[: 4 * MAX_NAME])
    if not wanted or len(wanted) > 2 * MAX_NAME:
        return []
    found: dict[str, str] = {}
    for preset in every():
        for alias in (preset.name, preset.gm_name, preset.label):
            if alias:
                found.setdefault(slug(alias), preset.name)
    known = {word for alias in found for word in alias.split("-")}
    words = [(difflib.get_close_matches(it, known, 1, 0.7) or [it])[0] for it in wanted.split("-")]
    having = (it for it in found if all(f"-{word}" in f"-{it}" for word in words))
    likely = [*difflib.get_close_matches(wanted, found, 3, 0.8), *sorted(having, key=len)]
    return list(dict.fromkeys(found[alias] for alias in likely))[:3]


def _unknown(name: str) -> str:
    close = suggestions(name)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"There is no preset {shown(name)}: {hint}See `restyle presets` or presets.names()."


def _user() -> tuple[list[Preset], list[BrokenPreset]]:
    """The user's presets, and what is wrong with those that cannot be read."""
    presets, wrong = [], []
    parent = user_folder()
    try:
        with os.scandir(parent) as entries:
            found = sorted(Path(entry) for entry in entries if entry.name[:1] != ".")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        reason = f"{shown(parent)} cannot be read ({error.strerror})"
        return [], [BrokenPreset(f"Your own presets are missing: {reason}.")]
    for folder in found:
        try:
            if os.path.isdir(folder):
                presets.append(read_user(folder))
            elif folder.suffix.lower() in (".zip", *CLIP_SUFFIXES):
                raise BrokenPreset(
                    f"{shown(folder)} is not a preset yet: move it elsewhere, and from there "
                    "`restyle presets add` it."
                )
        except BrokenPreset as error:
            wrong.append(error)
    return presets, wrong


@cache
def _read_built_in(name: str) -> Preset:
    """The built-in preset of exactly that name; it does not change while the process runs."""
    return read(BUILT_IN / name, built_in=True)


@cache
def _built_in() -> dict[str, Preset]:
    """The built-in presets by name."""
    files = sorted(BUILT_IN.glob(f"*/{TEXT}"))
    return {file.parent.name: _read_built_in(file.parent.name) for file in files}


@cache
def _programs() -> dict[tuple[int, int, bool], str]:
    """The names of the built-in presets by (program, bank, percussion)."""
    return {
        (it.program, it.bank, it.percussion): it.name
        for it in _built_in().values()
        if it.program is not None
    }


@cache
def _banked() -> dict[str, str]:
    """The names of the built-in presets of other banks by their numbers: ``14:8``.

    Not among `_aliases`, since a slug has no colon, and ``14-8`` is a name that one's own may have.
    """
    every = _built_in().values()
    return {it.gm_number: it.name for it in every if it.bank and it.gm_number is not None}


@cache
def _aliases() -> dict[str, str]:
    """The names of the built-in presets by their General MIDI numbers and names.

    Programs come before drum kits, which have names as well but share their numbers.
    """
    found: dict[str, str] = {}
    for (program, bank, percussion), name in sorted(_programs().items(), key=lambda it: it[0][2]):
        if bank:
            continue
        if percussion:
            found |= {f"kit-{program}": name}
            found.setdefault(slug(KITS.get(program, name)), name)
        else:
            found |= {str(program): name, slug(PROGRAMS[program]): name}
    return {alias: name for alias, name in found.items() if alias not in _built_in()}
