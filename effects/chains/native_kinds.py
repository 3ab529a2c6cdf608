"""The effects that pedalboard itself brings, and plugins, asked of it.

There is no list of them or of their parameters here, so that those of another version are known,
too.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any

from effects.chains import ranges
from effects.chains.kind import Kind
from effects.chains.parameter import Parameter, unit_of

_ARGUMENT = re.compile(r"(\w+): ((?:[^,()\[\]]|\[[^\]]*\])+)")


def native_kinds() -> Iterator[Kind]:
    """All that can be made, by name."""
    import pedalboard

    for it in sorted(_subclasses(pedalboard.Plugin), key=lambda it: it.__name__):
        kind = _native_kind(it)
        if kind:
            yield kind


def _subclasses(parent: Any) -> set[Any]:
    """All classes made of it, at any depth."""
    found = set[Any]()
    ahead = [parent]
    while ahead:
        ahead += (new := set(ahead.pop().__subclasses__()) - found)
        found |= new
    return found


def _native_kind(make: Any) -> Kind | None:
    """A class of pedalboard's; None if it is none to be made, or only for tests."""
    import pedalboard

    module = make.__module__
    if not module.startswith("pedalboard_native") or "_internal" in module:
        return None
    if issubclass(make, pedalboard.PluginContainer):
        return None  # a chain has Restyle's, which hold effects in Python, too
    if issubclass(make, pedalboard.ExternalPlugin):
        made = make is not pedalboard.ExternalPlugin
        return _plugin_kind(make) if made else None
    required = _required(make)
    if required is None:
        return None
    probe = _probe(make, required)
    if probe is None and not required:
        return None  # an abstract class, such as IIRFilter
    parameters = {it: Parameter(name=it, kind="text", file=True) for it in required}
    for name, property_ in inspect.getmembers(make, lambda it: isinstance(it, property)):
        if property_.fset is not None and probe is not None and not name.startswith("_"):
            parameter = _native_parameter(make.__name__, name, probe)
            if parameter:
                parameters[name] = parameter
    ordered = {it: parameters[it] for it in _in_order(make, parameters)}
    return Kind(
        name=make.__name__, make=make, parameters=MappingProxyType(ordered), given=tuple(required)
    )


def _signature(make: Any) -> str:
    """What the constructor's documentation says in its brackets: there is no other signature."""
    first = (make.__init__.__doc__ or "").strip().partition("\n")[0]
    return first[first.find("(") + 1 : first.rfind(")")]


def _required(make: Any) -> list[str] | None:
    """The arguments that a constructor has to be given, if all are files; None if not all are."""
    required = []
    for name, what in _ARGUMENT.findall(_signature(make)):
        if name == "self" or "=" in what:
            continue
        if not re.search(r"\bstr\b", what):
            return None
        required.append(name)
    return required


def _probe(make: Any, required: list[str]) -> Any:
    """An effect to ask; None if none can be made without a file."""
    import numpy as np

    attempts: list[dict[str, Any]] = [{}]
    if required:  # a file's place may be taken by an array, as Convolution has it
        silence: dict[str, Any] = {it: np.zeros(1, np.float32) for it in required}
        attempts = [{**silence, "sample_rate": 44_100.0}, silence]
    for arguments in attempts:
        with suppress(Exception):  # whatever it raises, it cannot be made so
            return make(**arguments)
    return None


def _in_order(make: Any, names: Iterable[str]) -> list[str]:
    """Names in the order of the constructor's arguments, then the others."""
    order = [name for name, _ in _ARGUMENT.findall(_signature(make))]
    return sorted(names, key=lambda it: (order.index(it) if it in order else len(order), it))


def _native_parameter(effect: str, name: str, probe: Any) -> Parameter | None:
    """What can be set of an effect under that name; None if it cannot be written in a file."""
    default = getattr(probe, name)
    if isinstance(default, bool):
        return Parameter(name=name, kind="switch", default=default)
    if isinstance(default, str):
        return Parameter(name=name, kind="text", default=default)
    if members := getattr(type(default), "__members__", None):
        word = next(it for it, member in members.items() if member == default)
        return Parameter(name=name, kind="choice", default=word, words=tuple(members))
    if not isinstance(default, int | float):
        return None
    whole = isinstance(default, int)
    found = ranges.find(partial(_takes, probe, name), default, whole=whole)
    setattr(probe, name, default)
    least, most = ranges.limited(found, effect, name)
    return Parameter(
        name=name,
        kind="number",
        default=default if whole else shortest(probe, name, default),
        least=least,
        most=most,
        whole=whole,
        unit=unit_of(name),
    )


def _takes(probe: Any, name: str, value: float) -> bool:
    """Whether an effect can be set to that, and then is: some are kept within their range."""
    try:
        setattr(probe, name, value)
        got = getattr(probe, name)
    except Exception:  # ValueError mostly; whatever it is, the value is refused
        return False
    return math.isfinite(got) and abs(got - value) <= 1e-3 * max(1.0, abs(value))


def shortest(effect: Any, name: str, value: float) -> float:
    """The shortest number that an effect takes for the value that it has.

    Pedalboard keeps single precision: 0.8 is 0.800000011920929 when it is asked for. Gains of
    filters are kept as factors, and rounded once more.

    Args:
        effect: any of its kind; its value is changed.
        name: of the parameter.
        value: what it was when it was asked for.
    """
    for digits in range(1, 10):  # nine digits tell all of single precision apart
        short = float(f"{value:.{digits}g}")
        try:
            setattr(effect, name, short)
        except Exception:  # rounded to beyond the range
            continue
        if getattr(effect, name) == value:
            return short
    return value


def _plugin_kind(make: Any) -> Kind:
    parameters = [
        Parameter(name="path", kind="text", file=True),
        Parameter(name="plugin_name", kind="text"),
        Parameter(
            name="initialization_timeout",
            kind="number",
            default=10.0,
            least=0.0,
            most=600.0,
            unit="s",
        ),
        Parameter(name="state", kind="text"),
        Parameter(name="parameters", kind="table"),
    ]
    return Kind(
        name=make.__name__,
        make=make,
        parameters=MappingProxyType({it.name: it for it in parameters}),
        plugin=True,
        given=("path",),
    )
