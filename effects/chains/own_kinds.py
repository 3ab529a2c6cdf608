"""Restyle's own effects, and their options that can be written in a file."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from effects.chains import ranges
from effects.chains.kind import Kind
from effects.chains.parameter import Parameter, unit_of
from presets.chain_files.chain import FILES

#: Restyle's effects, and where they are: each is loaded when it is first asked for.
OWN: Mapping[str, str] = MappingProxyType(
    {
        "StyleTransfer": "effects.style_transfer",
        "Tweak": "effects.tweak",
        "Morph": "effects.morph",
        "Mashup": "effects.mashup",
    }
)

#: Options of Restyle's effects that are no matter of a file.
_APART = frozenset({"self", "on_progress", "threads"})


@cache
def own_kind(name: str) -> Kind:
    """The effect of that name, one of `OWN`."""
    make = getattr(importlib.import_module(OWN[name]), name)
    signature = inspect.signature(make.__init__)
    options: dict[str, tuple[Any, Any]] = {}  # the type and the default
    types = typing.get_type_hints(make.__init__)
    for it in signature.parameters.values():
        if it.kind is inspect.Parameter.VAR_KEYWORD:  # Tweak's changes
            defaults = vars(_changes())
            kept = typing.get_type_hints(typing.get_args(types[it.name])[0])
            options |= {key: (kept[key], defaults[key]) for key in kept}
        elif it.name not in _APART:
            options[it.name] = types[it.name], it.default
    given = [it for it, (_, default) in options.items() if default is inspect.Parameter.empty]
    found = {it: _own_parameter(make, it, *options[it]) for it in options}
    known = {name: it for name, it in found.items() if it is not None}
    return Kind(
        name=name, make=make, parameters=MappingProxyType(known), own=True, given=tuple(given)
    )


def _changes() -> Any:
    from effects.latent.changes import Changes

    return Changes()


def own_options(kind: Kind) -> list[str]:
    """All options of one of Restyle's effects, also those that cannot be written in a file."""
    names = [it for it in inspect.signature(kind.make.__init__).parameters if it not in _APART]
    if "changes" in names:
        names.remove("changes")
        names += vars(_changes())
    return names


def own_value(effect: Any, name: str) -> Any:
    """An option of one of Restyle's effects, as it is now."""
    return getattr(effect, name) if hasattr(effect, name) else getattr(effect.changes, name)


def _own_parameter(make: Any, name: str, hint: Any, default: Any) -> Parameter | None:
    if default is inspect.Parameter.empty:
        default = None
    if name in FILES:
        return Parameter(name=name, kind="text", file=True)
    words = _words().get(name)
    if words:
        return Parameter(name=name, kind="choice", default=default, words=words)
    kinds_of = set(typing.get_args(hint)) or {hint}
    if bool in kinds_of:
        return Parameter(name=name, kind="switch", default=default)
    if float in kinds_of or kinds_of == {int}:
        whole = float not in kinds_of
        accepts = partial(_own_takes, make, name)
        inside = default if isinstance(default, int | float) else 0.5
        least, most = ranges.find(accepts, inside, whole=whole)
        unit = unit_of(name)
        return Parameter(
            name=name,
            kind="number",
            default=default,
            least=least,
            most=most,
            whole=whole,
            unit=unit,
        )
    if str in kinds_of:  # presets by name: `Tweak` goes towards one, too
        return Parameter(name=name, kind="text", default=default)
    return None  # a list, which a chain's file has no room for


def _own_takes(make: Any, name: str, value: float) -> bool:
    from effects.latent.changes import Changes

    try:
        if isinstance(getattr(make, name, None), property):
            setattr(_own_probe(make), name, value)
        else:  # a change of Tweak's, which are set at once
            Changes(**{name: value})  # type: ignore[arg-type]
    except Exception:  # ValueError and TypeError; whatever it is, the value is refused
        return False
    return True


@cache
def _own_probe(make: Any) -> Any:
    """One of Restyle's effects to ask."""
    import numpy as np

    silence = np.zeros((1, 8), np.float32), 44_100.0
    takes = inspect.signature(make.__init__).parameters
    return make(**{next(it for it in ("style", "other", "a") if it in takes): silence})


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """What options that are one of a few words can be."""
    from effects.engines import DRUMS, ENGINES
    from effects.mashing.options import BEDS, KEYS, LEADS
    from effects.morphing.options import METHODS, TEMPOS
    from effects.running.devices import DEVICES

    return {
        "engine": tuple(ENGINES),
        "device": DEVICES,
        "drums": DRUMS,
        "lead": LEADS,
        "bed": BEDS,
        "key": KEYS,
        "method": METHODS,
        "tempo": TEMPOS,
    }
