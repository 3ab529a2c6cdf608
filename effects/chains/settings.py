"""A chain's settings by name: ``strength`` of its StyleTransfer, or ``reverb.wet_level``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from effects.chains.kinds import Kind, Parameter, kinds, likely
from effects.chains.wording import of_chain, one_line
from presets.chain_files.chain import Chain, ChainError, Effect, Value, automatic_name

#: The effect whose settings need no name before them.
MAIN = "StyleTransfer"


@dataclass(frozen=True)
class Target:
    """What a setting is of.

    Attributes:
        effect: whose it is.
        parameter: what it is; its default is what the chain says.
        plugin: whether the effect is a plugin, whose parameters are known when it is loaded.
    """

    effect: Effect
    parameter: Parameter
    plugin: bool = False


def parameters(chain: Chain) -> dict[str, Parameter]:
    """What can be set of a chain, by its whole name, each with the chain's value as its default.

    If the chain has one StyleTransfer, its settings are there by their plain names
    (``"strength"``); those of all other effects as ``"name.parameter"``. Of plugins, which are not
    loaded here, only what the chain sets, with open ranges. Files are not among them: which are
    read, the chain's file alone says.
    """
    found: dict[str, Parameter] = {}
    alone = len(_main(chain)) == 1
    for effect in chain.every_effect():
        plain = alone and effect.type == MAIN
        for it in _of(effect):
            found[it.name if plain else f"{name_of(effect)}.{it.name}"] = it
    return found


def with_settings(chain: Chain, settings: Mapping[str, Value]) -> Chain:
    """The chain with some settings changed.

    ``strength`` goes to the chain's StyleTransfer, ``name.parameter`` to the effect of that name
    (also to a StyleTransfer). A plugin's parameters are only checked when it is loaded.

    Raises:
        ChainError: there is no such setting (the likely ones are named), it is not clear whose it
            is, or its value is impossible.
    """
    for name, value in settings.items():
        target = find(chain, name)
        try:
            checked = target.parameter.check(value)
        except ValueError as error:
            raise ChainError(one_line(f"{name} {error}.")) from None
        changed = _with(target, checked)
        chain = replace(chain, effects=_replaced(chain.effects, target.effect, changed))
    return chain


def find(chain: Chain, name: str) -> Target:
    """What a setting is of.

    Args:
        chain: whose setting.
        name: ``"strength"`` or ``"reverb.wet_level"``; names of effects in any case.

    Raises:
        ChainError: there is no such setting, or it is not clear whose it is.
    """
    owner, dot, parameter = str(name).rpartition(".")
    effect = _effect(chain, owner) if dot else _only_main(chain, parameter)
    kind = _kind(effect)
    if kind is not None and kind.plugin and parameter not in kind.parameters:
        return Target(effect, _of_plugin(effect, parameter), plugin=True)
    known = {it.name: it for it in _of(effect)}
    if parameter not in known:
        raise ChainError(_unknown(chain, effect, kind, parameter, known))
    return Target(effect, known[parameter])


def name_of(effect: Effect) -> str:
    """What settings call an effect; one that was not parsed may have no name yet."""
    return effect.name or automatic_name(effect.type, effect.settings)


def _unknown(
    chain: Chain, effect: Effect, kind: Kind | None, name: str, known: Mapping[str, Parameter]
) -> str:
    if kind is None:
        return one_line(
            f"{of_chain(chain)}: there is no effect {effect.type!r}{likely(effect.type, kinds())}"
        )
    if name in kind.parameters:
        return one_line(f"{name} of {name_of(effect)} is set in the chain's file alone.")
    if kind.container:
        return one_line(f"{name_of(effect)} holds effects, and has no settings of its own.")
    return one_line(f"{name_of(effect)} has no setting {name!r}{likely(name, known)}")


def _main(chain: Chain) -> list[Effect]:
    return [it for it in chain.every_effect() if it.type == MAIN]


def _only_main(chain: Chain, parameter: str) -> Effect:
    """The chain's StyleTransfer, for a setting without an effect's name."""
    found = _main(chain)
    if len(found) == 1:
        return found[0]
    if not found:
        example = next(iter(parameters(chain)), None)
        such = f", such as {example}" if example else ""
        raise ChainError(
            one_line(
                f"{of_chain(chain)} has no {MAIN}, whose {parameter!r} could be set: name an "
                f"effect and its setting{such}."
            )
        )
    each = " or ".join(f"{name_of(it)}.{parameter}" for it in found)
    raise ChainError(one_line(f"{of_chain(chain)} has {len(found)} of {MAIN}: set {each}."))


def _effect(chain: Chain, name: str) -> Effect:
    """The effect of that name."""
    every = list(chain.every_effect())
    alike = [it for it in every if name_of(it) == name] or [
        it for it in every if name_of(it).casefold() == name.casefold()
    ]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise ChainError(
            one_line(f"{of_chain(chain)} has {len(alike)} effects {name!r}: rename one of them.")
        )
    names = likely(name, [name_of(it) for it in every])
    raise ChainError(one_line(f"{of_chain(chain)} has no effect {name!r}{names}"))


def _kind(effect: Effect) -> Kind | None:
    return kinds().get(effect.type)


def _of(effect: Effect) -> Iterator[Parameter]:
    """What can be set of an effect, with the chain's values as defaults."""
    kind = _kind(effect)
    if kind is None:
        return
    if kind.plugin:
        told = effect.settings.get("parameters")
        for name in told if isinstance(told, Mapping) else ():
            yield _of_plugin(effect, name)
        return
    for it in kind.parameters.values():
        if not it.file:
            yield replace(it, default=_said(effect.settings.get(it.name, it.default), it))


def _said(value: Any, parameter: Parameter) -> Any:
    """A value as it is kept, or as it is if it is impossible."""
    try:
        return value if value is None else parameter.check(value)
    except ValueError:
        return value


def _of_plugin(effect: Effect, name: str) -> Parameter:
    """A parameter of a plugin that is not loaded: of the kind that the chain's value is."""
    told = effect.settings.get("parameters")
    value: Any = told.get(name) if isinstance(told, Mapping) else None
    if isinstance(value, bool):
        return Parameter(name=name, kind="switch", default=value)
    if isinstance(value, int | float):
        return Parameter(name=name, kind="number", default=value)
    return Parameter(name=name, kind="text" if value else "any", default=value)


def _with(target: Target, value: Any) -> Effect:
    """An effect with one setting changed."""
    name, settings = target.parameter.name, dict(target.effect.settings)
    if target.plugin:
        told = settings.get("parameters", {})
        told = told if isinstance(told, Mapping) else {}
        settings["parameters"] = MappingProxyType({**told, name: value})
    else:
        settings[name] = value
        if name == "preset":  # an effect has one or the other
            settings.pop("style", None)
    return replace(target.effect, settings=MappingProxyType(settings))


def _replaced(effects: Sequence[Effect], old: Effect, new: Effect) -> tuple[Effect, ...]:
    """The effects, with one of them replaced, wherever it is."""
    return tuple(
        new if it is old else replace(it, effects=_replaced(it.effects, old, new)) for it in effects
    )
