"""All chains, the built-in ones and the user's, and how to find one of them."""

from __future__ import annotations

import os
from pathlib import Path

from presets.catalogue import slug
from presets.catalogue import user_folder as presets_folder
from presets.chain_files.chain import SUFFIX, BrokenChain, Chain, UnknownChain, read

BUILT_IN = Path(__file__).parent.parent / "chain_library"


def user_folder() -> Path:
    """Where the user's chains are; ``RESTYLE_DATA_DIR`` moves it."""
    return presets_folder().parent / "chains"


def every() -> list[Chain]:
    """Every chain that can be read, by name."""
    raise NotImplementedError


def names() -> list[str]:
    """The name of every chain that can be read, sorted."""
    return [it.name for it in every()]


def broken() -> list[BrokenChain]:
    """The user's chains that cannot be read, and why."""
    raise NotImplementedError


def get(name: str) -> Chain:
    """The chain of that name, in any spelling: the user's, or a built-in one.

    Raises:
        UnknownChain: there is none.
        BrokenChain: it is the user's and cannot be read.
    """
    for folder in (user_folder(), BUILT_IN):
        path = folder / f"{slug(name)}{SUFFIX}"
        if path.is_file():
            return read(path, built_in=folder == BUILT_IN)
    raise UnknownChain(f"There is no chain {name!r}: restyle chains lists them.")


def find(source: str | os.PathLike[str]) -> Chain:
    """The chain of that name, or in that file.

    It is taken for a file if it is a `Path`, has a separator in it, or ends in ``.toml``.

    Raises:
        UnknownChain: there is nothing of that name.
        BrokenChain: it cannot be read, or is no chain.
    """
    if isinstance(source, str) and not (os.sep in source or source.endswith(SUFFIX)):
        return get(source)
    path = Path(source)
    if not path.exists():
        raise UnknownChain(f"There is no file {path}: name a chain, or its file.")
    return read(path)


def suggestions(name: str) -> list[str]:
    """Up to three names of chains that look like ``name``, the most likely first."""
    raise NotImplementedError
