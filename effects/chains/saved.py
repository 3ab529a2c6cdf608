"""From a board to the chain that it is.

A setting is written if it is not what a new effect has, and always if a listener would ask for it:
which preset, which file. Numbers are written as short as the effect takes them for what it has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pedalboard

from effects.boards.origins import origin_of
from effects.chains import options
from effects.chains.kinds import Kind, kinds
from effects.chains.native_kinds import shortest
from effects.chains.own_kinds import own_options, own_value
from effects.chains.saved_plugins import plugin_settings
from effects.chains.wording import one_line
from presets.chain_files.chain import (
    Chain,
    ChainError,
    Controller,
    Effect,
    with_names,
)


def to_chain(
    members: Sequence[Any],
    *,
    label: str = "",
    note: str = "",
    tail: str = "cut",
    midi: Mapping[int, Any] | None = None,
    named: Mapping[str, Any] | None = None,
) -> Chain:
    """The chain that builds the same effects, bit for bit.

    A plugin is loaded once more, to see what of it has to be written down.

    Args:
        members: in their order; None, which does nothing, is left out.
        label: as the chain has it, as are ...
        note: ... this, ...
        tail: ... this ...
        midi: ... and this.
        named: effects by their names; others are called by their kinds.

    Raises:
        ChainError: an effect cannot be written down: a style that is an array, an effect of
            somebody else's class.
    """
    names = {id(it): name for name, it in (named or {}).items()}
    effects = tuple(_effect(it, names) for it in members if it is not None)
    return Chain(
        label=label,
        note=note,
        tail=tail,
        effects=with_names(effects),
        midi=MappingProxyType({number: _controller(it) for number, it in (midi or {}).items()}),
    )


def _controller(it: Any) -> Controller:
    return it if isinstance(it, Controller) else Controller(str(it))


def _effect(member: Any, names: Mapping[int, str]) -> Effect:
    """One member; without a name if nobody gave it one."""
    name = names.get(id(member), "")
    if isinstance(member, pedalboard.Chain | pedalboard.Mix):  # Restyle's, or pedalboard's own
        kind = "Mix" if isinstance(member, pedalboard.Mix) else "Chain"
        inside = tuple(_effect(it, names) for it in member if it is not None)
        return Effect(type=kind, name=name, effects=inside)
    kind_of = kinds().get(type(member).__name__)
    if kind_of is None or type(member) is not kind_of.make:
        raise ChainError(
            f"{type(member).__module__}.{type(member).__qualname__} cannot be in a chain: only "
            "pedalboard's effects and Restyle's can be written down. Take it out of the board "
            "first."
        )
    try:
        if kind_of.plugin:
            settings = plugin_settings(member, kind_of)
        elif kind_of.own:
            settings = _of_own(member, kind_of)
        else:
            settings = _of_native(member, kind_of)
    except ChainError as error:
        raise ChainError(one_line(f"{name or kind_of.name}: {error}")) from error
    return Effect(type=kind_of.name, name=name, settings=MappingProxyType(settings))


# Pedalboard's own.


def _of_native(member: Any, kind: Kind) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for name in kind.given:
        path = getattr(member, name, None)
        if not isinstance(path, str):
            raise ChainError(
                f"its {name} is an array, which a chain has no room for: save it as a sound file, "
                "and make the effect from that."
            )
        settings[name] = _whole(path)
    fresh = kind.make(**settings)
    for name, parameter in kind.parameters.items():
        if name in kind.given:
            continue
        value = getattr(member, name)
        if value == getattr(fresh, name):
            continue
        settings[name] = _written(member, fresh, name, value)
        try:
            parameter.check(settings[name])
        except ValueError as error:
            raise ChainError(
                f"{name} {error}: a chain's effects are within their ranges."
            ) from None
    return settings


def _written(member: Any, fresh: Any, name: str, value: Any) -> Any:
    """A value as it is written in a file."""
    if members := getattr(type(value), "__members__", None):
        return next(word for word, it in members.items() if it == value)
    if isinstance(value, float):
        said, got = origin_of(member).values.get(name, (None, None))
        return said if said is not None and got == value else shortest(fresh, name, value)
    return value


# Restyle's own.


def _of_own(member: Any, kind: Kind) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    usual: Any = None
    for name in ("preset", "style", "other", "a"):
        if name in kind.parameters and own_value(member, name) is not None:
            settings[name] = _source(name, own_value(member, name))
            break
    if "engine" in kind.parameters and own_value(member, "engine") != "sampler":
        settings["engine"] = _text("engine", own_value(member, "engine"))
    usual = kind.make(**settings)  # what is not given depends on these
    for name in own_options(kind):
        value = own_value(member, name)
        if name in settings or name in ("style", "preset") or value == own_value(usual, name):
            continue
        parameter = kind.parameters.get(name)
        if parameter is None:
            raise ChainError(f"its {name} cannot be written in a chain: leave it out.")
        if parameter.file:
            settings[name] = _source(name, value)
        elif parameter.kind in ("choice", "text"):
            settings[name] = _text(name, value)
        else:
            try:
                settings[name] = parameter.check(value)
            except ValueError as error:
                raise ChainError(f"its {name} {error}, to be written in a chain.") from None
    for line in options.wrong(settings, kind):
        raise ChainError(line)
    return settings


def _source(name: str, value: Any) -> str:
    """A preset's name, or a file."""
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        return str(path) if name == "preset" else _whole(str(path))
    if name in ("other", "a") and not _is_audio(value):
        raise ChainError(
            f"its {name} is several files, which a chain has no room for: put them in a folder, "
            "and name that."
        )
    raise ChainError(
        f"its {name} is no file, and a chain has no room for it: save it in a file, and name that."
    )


def _is_audio(value: Any) -> bool:
    return bool(value) and not isinstance(value[0], str | os.PathLike)


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ChainError(
        f"its {name} is an object, which a chain has no room for: give it by its name, as a text."
    )


def _whole(path: str) -> str:
    """A path that does not depend on where a chain's file will be."""
    return os.path.abspath(path)
