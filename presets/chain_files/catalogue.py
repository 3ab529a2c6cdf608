"""All chains, the built-in ones and the user's, and how to find one of them.

Chains and presets share their names, since either can stand for the other: a preset's is not for
chains.
"""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from pathlib import Path

from presets.catalogue import MAX_NAME, check_name, slug
from presets.catalogue import built_in as built_in_preset
from presets.catalogue import user_folder as presets_folder
from presets.chain_files.chain import SUFFIX, BrokenChain, Chain, UnknownChain, read
from presets.preset import PresetError, shown

BUILT_IN = Path(__file__).parent.parent / "chain_library"


def user_folder() -> Path:
    """Where the user's chains are; ``RESTYLE_DATA_DIR`` moves it."""
    return presets_folder().parent / "chains"


def names() -> list[str]:
    """The name of every chain that can be read, sorted."""
    return [it.name for it in every()]


def every() -> list[Chain]:
    """Every chain that can be read, by name."""
    found = {**_built_in(), **{it.name: it for it in _user()[0]}}
    return [found[name] for name in sorted(found)]


def broken() -> list[BrokenChain]:
    """The user's chains that cannot be read, or that something of their name hides, and why."""
    return _user()[1]


def get(name: str) -> Chain:
    """The chain of that name. Case, spaces and punctuation do not matter.

    Raises:
        UnknownChain: there is none.
        BrokenChain: it is the user's and cannot be read.
    """
    if not isinstance(name, str):
        raise TypeError(f"A chain is a name, not {name!r}.")
    wanted = slug(name)
    if not wanted or len(wanted) > 2 * MAX_NAME:
        raise UnknownChain(_unknown(name))
    own = built_in(wanted)
    if own is not None:  # even if the user has one: `broken` tells of it
        return own
    path = user_folder() / f"{wanted}{SUFFIX}"
    if not os.path.lexists(path):
        raise UnknownChain(_unknown(name))
    return read_user(path)


def find(source: str | os.PathLike[str]) -> Chain:
    """The chain of that name, or in that file.

    It is taken for a file if it is a `Path`, has a separator in it, or ends in ``.toml``.

    Raises:
        UnknownChain: there is nothing of that name.
        BrokenChain: it cannot be read, or is no chain.
    """
    if isinstance(source, str) and not is_path(source):
        return get(source)
    path = Path(source)
    if not os.path.lexists(path):
        raise UnknownChain(f"There is no file {shown(path)}: name a chain, or its file.")
    return read(path)


def is_path(source: str) -> bool:
    """Whether `find` takes ``source`` for a file."""
    separators = filter(None, (os.sep, os.altsep))
    return source.lower().endswith(SUFFIX) or any(it in source for it in separators)


def built_in(name: str) -> Chain | None:
    """The built-in chain of that name."""
    return _built_in().get(slug(name))


def is_taken(name: str) -> bool:
    """Whether a chain is called so, broken or not."""
    return built_in(name) is not None or os.path.lexists(user_folder() / f"{slug(name)}{SUFFIX}")


def has_preset(name: str) -> bool:
    """Whether a preset is called so, broken or not."""
    return built_in_preset(name) is not None or os.path.isdir(presets_folder() / slug(name))


def read_user(path: Path) -> Chain:
    """The chain in a file of `user_folder`.

    Raises:
        BrokenChain: it cannot be read, a chain may not be called so, or a preset or a built-in
            chain is.
    """
    name = unicodedata.normalize("NFC", path.stem)
    try:
        right = check_name(name)
    except PresetError as error:
        raise BrokenChain(f"The chain {shown(path)} must be renamed: {error}") from error
    if name != right or path.suffix != SUFFIX:
        raise BrokenChain(
            f"The chain {shown(path)} is not found: rename the file {right + SUFFIX!r}."
        )
    for what, is_there in (
        ("built-in chain", built_in(name) is not None),
        ("preset", has_preset(name)),
    ):
        if is_there:
            raise BrokenChain(
                f"The chain {shown(path)} has the name of a {what}, which is used in its place: "
                "rename the file."
            )
    return read(path, name=name)


def suggestions(name: str) -> list[str]:
    """Up to three names of chains that look like ``name``, the most likely first."""
    import difflib

    wanted = slug(name[: 4 * MAX_NAME])
    if not wanted or len(wanted) > 2 * MAX_NAME:
        return []
    found: dict[str, str] = {}
    for it in every():
        for alias in (it.name, it.label):
            found.setdefault(slug(alias), it.name)
    having = (it for it in found if f"-{wanted}" in f"-{it}")
    close = [*difflib.get_close_matches(wanted, found, 3, 0.7), *sorted(having, key=len)]
    return list(dict.fromkeys(found[alias] for alias in close))[:3]


def _unknown(name: str) -> str:
    close = suggestions(name)
    hint = f": did you mean {' or '.join(close)}?" if close else "."
    if not close and has_preset(name):
        hint = ": it is a preset."
    return f"There is no chain {shown(name)}{hint} See `restyle chains` or presets.chains()."


def _user() -> tuple[list[Chain], list[BrokenChain]]:
    """The user's chains, and what is wrong with those that cannot be read."""
    chains: list[Chain] = []
    wrong: list[BrokenChain] = []
    parent = user_folder()
    try:
        with os.scandir(parent) as entries:
            found = sorted(Path(it) for it in entries if it.name[:1] != ".")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        reason = f"{shown(parent)} cannot be read ({error.strerror})"
        return [], [BrokenChain(f"Your own chains are missing: {reason}.")]
    for path in found:
        if path.suffix.lower() != SUFFIX:
            continue
        try:
            chains.append(read_user(path))
        except BrokenChain as error:
            wrong.append(error)
    return chains, wrong


@cache
def _built_in() -> dict[str, Chain]:
    """The built-in chains by name; they do not change while the process runs."""
    files = sorted(BUILT_IN.glob(f"*{SUFFIX}"))
    return {it.stem: read(it, built_in=True) for it in files}
