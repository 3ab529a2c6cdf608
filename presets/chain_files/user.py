"""The user's own chains: add, remove and export them.

They are files in `presets.chain_files.catalogue.user_folder`. Whatever happens meanwhile (a crash,
a full disk, another process), a chain is there whole or not at all, and one that is replaced stays
until the new one is there.

>>> from presets.chain_files import user
>>> user.add("warm strings", "warm-strings.toml").name
'warm-strings'
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace as with_changes
from pathlib import Path
from typing import BinaryIO

from presets.catalogue import check_name, slug
from presets.chain_files import whole_file
from presets.chain_files.catalogue import built_in, get, has_preset, user_folder
from presets.chain_files.chain import (
    FILES,
    SUFFIX,
    Chain,
    ChainError,
    Effect,
    UnknownChain,
    Value,
    parse,
    read_text,
    render,
)
from presets.preset import MAX_ENTRY, PresetError, shown

_STALE_SECONDS = 3600.0  # after which a file that is being written is abandoned; by guess
_LABEL = re.compile(r"^label[ \t]*=[ \t]*(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE)


def add(
    name: str,
    source: str | os.PathLike[str],
    *,
    label: str | None = None,
    replace: bool = False,
) -> Chain:
    """Add a chain of the user's. Its text is copied as it is, comments and all.

    Files that it names relative to itself are not copied: their whole paths take their places.

    Args:
        name: what to call it; "Warm strings" becomes ``warm-strings``.
        source: the file of a chain, which ends in .toml.
        label: what it is called on a screen; None for the label in ``source``.
        replace: allow the name of another chain of the user's, and take its place.

    Returns:
        The new chain.

    Raises:
        ChainError: the name is taken or not allowed, or the source is no chain.
        OSError: a file cannot be read or written.
    """
    written, source = _free_name(name, replace=replace), Path(source)
    _check_suffix(source)
    target = user_folder() / f"{written}{SUFFIX}"
    text = _movable_text(source, label)
    made = parse(text, name=written, path=target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ChainError(f"{shown(target.parent)} cannot be a folder: a file is there.") from error
    _clean(target.parent)
    try:
        whole_file.write(text.encode(), target, replace=replace)
    except FileExistsError:
        raise _is_there(written) from None
    return made


def remove(name: str) -> None:
    """Remove a chain of the user's, broken or not.

    Raises:
        ChainError: there is no such chain, or it is built in.
        OSError: it cannot be removed.
    """
    # The name as given may be that of a file that somebody has named by hand.
    for candidate in (f"{name}{SUFFIX}", name, f"{slug(name)}{SUFFIX}"):
        path = user_folder() / candidate
        if Path(candidate).name != candidate or path.suffix.lower() != SUFFIX:
            continue
        if os.path.lexists(path) and candidate[0] != ".":
            path.unlink()
            return
    own = built_in(name)
    if own is not None:
        raise ChainError(f"The chain {own.name!r} is built in and cannot be removed.")
    get(name)  # raises, with suggestions
    raise UnknownChain(f"There is no chain {shown(name)} of yours.")


def export(name: str, path: str | os.PathLike[str], *, file: BinaryIO | None = None) -> None:
    """Write a chain's text to a file.

    Args:
        name: the chain's name.
        path: the file to write or replace; its name ends in .toml.
        file: an open file that is written in place of the one at ``path``.

    Raises:
        ChainError: there is no such chain, it is broken, or the suffix is another.
        OSError: the file cannot be written.
    """
    chain, path = get(name), Path(path)
    _check_suffix(path)
    assert chain.path is not None  # as of all that have a name
    content = _movable_text(chain.path).encode()
    if file is not None:
        file.write(content)
    else:
        whole_file.write(content, Path(os.path.realpath(path)))  # a link stays


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() != SUFFIX:
        raise ChainError(f"{shown(path)}: the name of a chain's file ends in {SUFFIX}.")


def _free_name(name: str, *, replace: bool) -> str:
    """The name of a new chain. Raises ChainError if it is taken or not allowed."""
    try:
        written = check_name(name)
    except PresetError as error:
        raise ChainError(str(error)) from error
    if built_in(written) is not None:
        raise ChainError(f"The chain {written!r} is built in: choose another name.")
    if has_preset(written):
        raise ChainError(f"There is a preset {written!r}: choose another name for the chain.")
    if os.path.lexists(user_folder() / f"{written}{SUFFIX}") and not replace:
        raise _is_there(written)
    return written


def _is_there(name: str) -> ChainError:
    return ChainError(
        f"You have a chain {name!r} already: choose another name, or add --force (replace=True)."
    )


def _movable_text(source: Path, label: str | None = None) -> str:
    """The text of a chain for a file elsewhere: the files that it names beside it by whole paths.

    Args:
        source: the chain's file.
        label: its new label; None for the one it has.
    """
    text = read_text(source)
    chain = parse(text, path=source)
    moved: dict[str, str] = {}
    folder = Path(os.path.abspath(source)).parent
    changed = with_changes(chain, effects=_moved(chain.effects, folder, moved))
    if label is not None:
        changed = with_changes(changed, label=_line(label))
    return text if changed == chain else _edited(text, changed, moved)


def _moved(effects: Sequence[Effect], folder: Path, moved: dict[str, str]) -> tuple[Effect, ...]:
    """The effects, with whole paths of the files in ``folder``, which are noted in ``moved``."""

    def whole(settings: Mapping[str, Value]) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for key in FILES:
            value = settings.get(key)
            if isinstance(value, str) and value and not os.path.isabs(value):
                path = os.path.normpath(folder / value)
                if os.path.exists(path):
                    found[key] = moved[value] = path
        return {**settings, **found} if found else settings

    return tuple(
        with_changes(it, settings=whole(it.settings), effects=_moved(it.effects, folder, moved))
        for it in effects
    )


def _edited(text: str, chain: Chain, moved: Mapping[str, str]) -> str:
    """A text that says ``chain``: ``text`` with few changes, or, if that fails, a new one.

    Args:
        text: what said nearly the same.
        chain: what is to be said.
        moved: the paths that change.
    """
    for old, new in moved.items():
        for quoted in (json.dumps(old, ensure_ascii=False), f"'{old}'"):
            text = text.replace(quoted, json.dumps(new, ensure_ascii=False))
    label = f"label = {json.dumps(chain.label, ensure_ascii=False)}"
    edited = _LABEL.sub(lambda _: label, text, count=1)
    for candidate in (text, edited, f"{label}\n{text}"):
        with contextlib.suppress(ChainError):
            if parse(candidate, name=chain.name) == chain:
                return candidate
    return render(chain)


def _line(label: str) -> str:
    line = " ".join(label.split())
    if not line or len(line) > MAX_ENTRY or not line.isprintable():
        raise ChainError(f"A label is up to {MAX_ENTRY} printable characters, not {shown(label)}.")
    return line


def _clean(folder: Path) -> None:
    """Delete what a crash has left."""
    for new in folder.glob(f"{whole_file.NEW}*"):
        with contextlib.suppress(OSError):
            if new.lstat().st_ctime < time.time() - _STALE_SECONDS:
                new.unlink()
