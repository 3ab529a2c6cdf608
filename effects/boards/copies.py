"""Copies of native plugins: pedalboard cannot copy or pickle its own, so they are built anew.

All of pedalboard's effects are made of the properties that they can be asked for. A plugin in a
file is loaded again, if it is known which file that was (`effects.boards.origins`), and given the
other's state. A copy has the same settings and begins in silence: tails and delay lines are not
copied.
"""

from __future__ import annotations

import copyreg
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, NoReturn

import pedalboard

from effects.boards.origins import Origin, origin_of, remember
from effects.running import float_mode

#: How a Convolution shows the rate of a response that was given as an array, which is no property.
_RATE = re.compile(r" audio at ([0-9.e+]+) Hz>")

#: How a class says itself what its instances are made of.
_REDUCE = ("__reduce__", "__reduce_ex__", "__getstate__")
_CONTAINERS: tuple[Any, ...] = (
    pedalboard.Chain,
    pedalboard.Mix,
    pedalboard.Pedalboard,  # type: ignore[attr-defined]
)


class Portable:
    """A native plugin on its way into a pickle or a deep copy, out of which it comes built anew.

    Args:
        plugin: the plugin itself.

    Attributes:
        plugin: the same; `copy.copy` leaves it there, so that shallow copies share it.
    """

    def __init__(self, plugin: pedalboard.Plugin) -> None:
        self.plugin = plugin

    def __reduce__(self) -> tuple[Any, ...]:
        """How the plugin is built. Raises TypeError if pedalboard does not tell."""
        return _recipe(self.plugin)


class _Choice:
    """A member of one of pedalboard's enums, which pickle's protocols 0 and 1 would crash with."""

    def __init__(self, member: Any) -> None:
        self.member = member

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self.member), (int(self.member),)


def _recipe(plugin: Any) -> tuple[Any, ...]:
    kind = type(plugin)
    if kind in _CONTAINERS:
        return kind, ([it and Portable(it) for it in plugin],)
    if kind is pedalboard.Convolution:
        return _build, (kind, _convolution(plugin), _told(plugin))
    if issubclass(kind, pedalboard.ExternalPlugin):
        if origin_of(plugin).file is not None:
            return _load, (kind, _told(plugin), plugin.raw_state, positions(plugin))
        _refuse(plugin, "the file that it was loaded from is not known")
    if kind.__module__.startswith("pedalboard_native"):
        return _build, (kind, _settings(plugin), _told(plugin))
    if _knows_how(kind):
        return _same, (plugin,)
    _refuse(plugin, "only effects that pedalboard itself brings can be built anew")


def _settings(plugin: Any) -> dict[str, Any]:
    """The plugin's properties that can be set, which are what its constructor takes."""
    kind = type(plugin)
    properties = {name: it for name, it in vars(kind).items() if isinstance(it, property)}
    return {name: _kept(getattr(plugin, name)) for name, it in properties.items() if it.fset}


def _kept(value: Any) -> Any:
    """A value as it goes into a pickle."""
    return _Choice(value) if hasattr(type(value), "__members__") else value


def _convolution(plugin: Any) -> dict[str, Any]:
    if plugin.impulse_response_filename is not None:
        return {
            "impulse_response_filename": plugin.impulse_response_filename,
            "mix": plugin.mix,
        }
    rate = _RATE.search(repr(plugin))
    if rate is None:
        _refuse(plugin, "the sample rate of its response is not known")
    return {
        "impulse_response_filename": plugin.impulse_response,
        "mix": plugin.mix,
        "sample_rate": float(rate[1]),
    }


def _build(
    kind: Callable[..., Any], settings: dict[str, Any], told: dict[str, Any] | None = None
) -> Any:
    """Build an effect; pickles of earlier versions tell nothing of its origin."""
    plugin = kind(**settings)
    if told:
        remember(plugin, Origin(**told))
    return plugin


def _told(plugin: Any) -> dict[str, Any]:
    """What a plugin was built from, as it can be pickled."""
    origin = origin_of(plugin)
    if origin == Origin():
        return {}
    values = {name: (said, _kept(got)) for name, (said, got) in origin.values.items()}
    told = {it.name: getattr(origin, it.name) for it in fields(origin)} | {"values": values}
    return {name: dict(it) if isinstance(it, Mapping) else it for name, it in told.items()}


def positions(plugin: Any) -> dict[str, float]:
    """Where the parameters that a host may move are of a plugin in a file, from 0 to 1.

    The plugin's state does not always say it.
    """
    return {
        name: float(it.raw_value) for name, it in plugin.parameters.items() if it.is_automatable
    }


def _load(
    kind: Callable[..., Any], told: dict[str, Any], state: bytes, where: dict[str, float]
) -> Any:
    """Load a plugin in a file again. Raises ImportError if the file is gone."""
    with float_mode.kept():
        plugin = kind(str(told["file"]), **told["settings"])
    plugin.raw_state = state
    for name, it in plugin.parameters.items():
        if name in where and it.raw_value != where[name]:
            it.raw_value = where[name]
    remember(plugin, Origin(**told))
    return plugin


def _same(plugin: Any) -> Any:
    return plugin


def _knows_how(kind: type) -> bool:
    """Whether a class says itself how its instances are pickled."""
    asks_it = any(getattr(kind, name) is not getattr(object, name) for name in _REDUCE)
    return asks_it or kind in copyreg.dispatch_table


def _refuse(plugin: Any, why: str) -> NoReturn:
    raise TypeError(
        f"cannot pickle or deep-copy the {type(plugin).__name__} {plugin!r}: {why}. Take it out of "
        "the board, and add it to the copy."
    )
