"""Plugins in files of their own: loaded, and set by the names of their parameters.

Loading a plugin runs its code.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from effects.boards.copies import positions
from effects.boards.origins import Origin, origin_of, remember
from effects.chains.kind import Kind
from effects.chains.parameter import Parameter
from effects.chains.wording import likely, shown
from effects.running import float_mode
from presets.chain_files.chain import ChainError

RATE = 44_100.0  # any that plugins know


def load(kind: Kind, file: Path, settings: Mapping[str, Any], name: str = "") -> Any:
    """A plugin as it is when it is new.

    Args:
        kind: VST3Plugin, for example.
        file: where it is.
        settings: of its effect in a chain; those that it is loaded with are taken from them.
        name: of that effect.

    Raises:
        ChainError: it cannot be loaded.
    """
    options = {
        it: settings[it] for it in ("plugin_name", "initialization_timeout") if it in settings
    }
    try:
        with float_mode.kept():
            plugin = kind.make(str(file), **options)
    except Exception as error:  # whatever a plugin's code makes pedalboard raise
        why = str(error)
        if "on the main thread" in why:  # and goes on about a call, which this is not
            why = "load it in the main thread; what takes sound can be called in any"
        raise ChainError(f"the plugin {file.name} cannot be loaded: {why}") from error
    remember(plugin, Origin(name=name, file=file, settings=options))
    return plugin


def restore(plugin: Any, settings: Mapping[str, Any]) -> None:
    """Set a plugin's state, and then its parameters.

    Raises:
        ChainError: it has no such parameter, or a value is impossible.
    """
    if "state" in settings:
        try:
            plugin.raw_state = decoded(settings["state"])
        except Exception as error:
            raise ChainError(f"the plugin does not take its state: {error}") from error
        remember(plugin, replace(origin_of(plugin), state=settings["state"]))
    given = settings.get("parameters", {})
    if not given:
        return
    known = parameters(plugin)
    for name in given:
        if name not in known:
            raise ChainError(f"the plugin has no parameter {name!r}{likely(name, known)}")
    values: dict[str, Any] = {}
    for name in sorted(given, key=lambda it: (not _sets_others(known[it]), it)):
        try:
            values[name] = known[name].check(given[name])
            put(plugin, name, values[name])
        except Exception as error:  # ValueError; or whatever the plugin makes of it
            raise ChainError(f"{name} {error}") from error
        if _sets_others(known[name]):
            run_silence(plugin)
    there = positions(plugin)
    remembered = {name: (value, there.get(name)) for name, value in values.items()}
    remember(plugin, replace(origin_of(plugin), values=remembered))


def decoded(state: str) -> bytes:
    """A plugin's state. Raises ChainError if the text is none."""
    try:
        return base64.b64decode(state, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ChainError(f"state is no text that was saved (base64): {shown(state)}") from error


def encoded(state: bytes) -> str:
    """A plugin's state as a text."""
    return base64.b64encode(state).decode("ascii")


def parameters(plugin: Any) -> dict[str, Parameter]:
    """All parameters of a plugin, meters among them, with the values that they have."""
    return {
        name: _parameter(name, it, value_of(plugin, name)) for name, it in plugin.parameters.items()
    }


def movable(plugin: Any) -> dict[str, Parameter]:
    """Those that a host may move: meters and the like are left out."""
    moved = {name for name, it in plugin.parameters.items() if it.is_automatable}
    return {name: it for name, it in parameters(plugin).items() if name in moved}


def _sets_others(parameter: Parameter) -> bool:
    """Whether it may be a plugin's program, which sets the others once the plugin runs."""
    return parameter.kind == "choice"


def put(plugin: Any, name: str, value: bool | float | str) -> None:
    """Set a parameter to a value, as near as it goes.

    Pedalboard knows a thousand values of each, and goes to the next of them where a plugin's own
    answer is not quite where it expects it. If that answer is nearer, it is taken here.

    Raises:
        ValueError: the plugin does not take it.
    """
    setattr(plugin, name, value)
    found = plugin.parameters[name]
    if found.type is not float:
        return
    usual, near = found.raw_value, value_of(plugin, name)
    own = found.get_raw_value_for_text(str(value))
    if own == usual or not 0 <= own <= 1:
        return
    found.raw_value = own
    nearer = value_of(plugin, name)
    wanted = float(value)
    if nearer is None or (near is not None and abs(nearer - wanted) > abs(near - wanted)):
        found.raw_value = usual


def move(plugin: Any, where: Mapping[str, float]) -> None:
    """Put parameters where they should be, as `positions` has it."""
    known = parameters(plugin)
    set_others = False  # then the plugin may have others elsewhere than it says
    for first in (True, False):
        for name, it in plugin.parameters.items():
            wanted = where.get(name, it.raw_value)
            moves = it.raw_value != wanted or (set_others and name in where)
            if _sets_others(known[name]) == first and moves:
                it.raw_value = wanted
                if first:
                    run_silence(plugin)
                    set_others = True


def run_silence(plugin: Any) -> None:
    """Run a plugin for a moment, which is when it takes over what was set.

    Whatever sounds in it ends. (Without ``reset``, a plugin that was refused another number of
    channels takes over nothing.)
    """
    for channels in (2, 1):
        try:
            if plugin.is_instrument:
                plugin([], duration=0.02, sample_rate=RATE, num_channels=channels)
            else:
                plugin.process(np.zeros((channels, 512), np.float32), RATE, reset=True)
        except ValueError:  # it has another number of channels
            continue
        return


def value_of(plugin: Any, name: str) -> Any:
    """The value of a parameter as a bool, float or str; None if the plugin shows none."""
    kind = plugin.parameters[name].type
    try:
        value = getattr(plugin, name)
        return bool(value) if kind is bool else kind(value)
    except (ValueError, TypeError):  # a text where a number should be
        return None


def _parameter(name: str, it: Any, value: Any) -> Parameter:
    if it.type is bool:
        return Parameter(name=name, kind="switch", default=value)
    if it.type is float:
        label = (it.label or "").strip()
        return Parameter(
            name=name,
            kind="number",
            default=value,
            least=it.min_value,
            most=it.max_value,
            unit=label,
        )
    return Parameter(name=name, kind="choice", default=value, words=tuple(it.valid_values))
