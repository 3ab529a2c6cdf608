"""Which chains a command is about, and with which changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_bridge.cli.chain_options import ChainOptions

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from effects.chains.plugins import PluginFolders
    from presets.chain_files.chain import Chain, Effect, Value


def chosen_chains(options: ChainOptions, settings: Mapping[str, Value]) -> dict[str, Chain]:
    """The chains that were asked for, by how they were, each with all changes made.

    Args:
        options: those of chains.
        settings: others, which go to each chain's StyleTransfer, by name.

    Raises:
        ValueError: there is no such chain, or something is wrong with it or with what is to be
            changed in it. No plugin was loaded.
    """
    from effects.chains.settings import parameters, with_settings

    folders = plugin_folders(options.plugins)
    chosen = {}
    for source in options.chain:
        chain = found(source)
        _check(chain, folders)
        if options.tail is not None:
            chain = replace(chain, tail=_checked_tail(options.tail))
        changes = {**settings}
        if options.set:
            changes |= changed(options.set, parameters(chain))
        if changes:
            chain = with_settings(chain, changes)
            _check(chain, folders)
        chosen[source] = chain
    return chosen


def _check(chain: Chain, folders: PluginFolders) -> None:
    """Raise ValueError if something is wrong with a chain: what it is, and how much more."""
    from effects.chains.build import check

    wrong = check(chain, folders)
    if wrong:
        more = f" ({len(wrong) - 1} more: restyle chains validate)" if wrong[1:] else ""
        raise ValueError(f"{wrong[0]}{more}")


def found(source: str) -> Chain:
    """The chain of that name, or in that file. Raises ValueError, which says if it is a preset."""
    import presets
    from presets.chain_files.catalogue import find

    try:
        return find(source)
    except presets.UnknownChain as error:
        if os.sep in source or not _is_preset(source):
            raise
        name = presets.get(source).name
        raise ValueError(f"{name} is a preset: --preset {name}.") from error


def whole(chain: Chain) -> Chain:
    """The chain with whole paths of the files beside its own, so that it may stand anywhere."""
    if chain.path is None:
        return chain
    folder = chain.path.resolve().parent
    return replace(chain, effects=tuple(_whole(it, folder) for it in chain.effects))


def _whole(effect: Effect, folder: Path) -> Effect:
    from presets.chain_files.chain import FILES

    paths = {
        name: str(folder / value)
        for name, value in effect.settings.items()
        if name in FILES and isinstance(value, str) and value and (folder / value).exists()
    }
    effects = tuple(_whole(it, folder) for it in effect.effects)
    return replace(effect, settings={**effect.settings, **paths}, effects=effects)


def preset_name(name: str) -> str:
    """A preset's name, asked for in any way. Raises ValueError, which says if it is a chain."""
    import presets
    from presets.chain_files.chain import SUFFIX

    try:
        return presets.get(name).name
    except presets.UnknownPreset as error:
        if name.endswith(SUFFIX):
            raise ValueError(f"{name} is the file of a chain: --chain {name}.") from error
        try:
            chain = presets.chain(name)
        except presets.ChainError:
            raise error from None
        raise ValueError(f"{chain.name} is a chain: --chain {chain.name}.") from error


def plugin_folders(folders: Sequence[Path]) -> PluginFolders:
    """Where plugins are looked for. Raises ValueError if a folder is missing."""
    from effects.chains.plugins import PluginFolders, folders_of

    return PluginFolders(folders_of(folders))


def changed(texts: Sequence[str], known: Mapping[str, Parameter] | None = None) -> dict[str, Value]:
    """What ``--set`` says: settings by name.

    Args:
        texts: ``NAME=VALUE`` each.
        known: what can be set, if it is known here: what a value is depends on it.

    Raises:
        ValueError: one of them says nothing, or the same as another.
    """
    settings: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not (name and equals):
            raise ValueError(f"--set {text}: write NAME.PARAMETER=VALUE, as reverb.wet_level=0.2.")
        if name in settings:
            raise ValueError(f"--set {name} is given twice: give it once.")
        settings[name] = _value(value.strip(), (known or {}).get(name))
    return settings


def _value(text: str, known: Parameter | None) -> Value:
    """What a text means: a number, true or false; or a text, if no other is possible there."""
    if known is not None and known.kind in ("choice", "text"):
        return text
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _checked_tail(tail: str) -> str:
    from presets.chain_files.chain import TAILS

    if tail not in TAILS:
        raise ValueError(f"--tail is {' or '.join(TAILS)}, not {tail!r}.")
    return tail


def _is_preset(name: str) -> bool:
    import presets

    try:
        presets.get(name)
    except presets.PresetError:
        return False
    return True
