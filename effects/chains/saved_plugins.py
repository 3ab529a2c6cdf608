"""What a chain says of a plugin, so that it comes back as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from effects.boards.copies import positions
from effects.boards.origins import origin_of
from effects.chains import hosting
from effects.chains.kind import Kind
from effects.chains.plugins import ANYWHERE, MissingPlugin
from presets.chain_files.chain import ChainError

#: How often a value is improved that should lead to a place. Each squares the error, which begins
#: at a millionth.
STEPS = 6
#: The longest state, as a text: half of what a chain's file may have, so that there is room for
#: others.
MAX_STATE = 128 << 10


def plugin_settings(plugin: Any, kind: Kind) -> dict[str, Any]:
    """Its parameters, if they alone make the same of a new plugin, and else its state, too.

    Args:
        plugin: what is written down; it is not changed, and does not run.
        kind: VST3Plugin, for example.

    Raises:
        ChainError: nobody knows its file, or its state is too large.
    """
    origin = origin_of(plugin)
    file = origin.file or _installed(plugin, kind)
    settings: dict[str, Any] = {"path": _named_file(file), **origin.settings}

    def new() -> Any:
        return hosting.load(kind, file, settings)

    fresh = new()
    changed = _changed(plugin, fresh)
    state = _state(plugin, new())
    # What words make of a plugin is seen with a new one: where a program is chosen already,
    # choosing it once more does not set what it would.
    by_parameters = _made(new(), {"parameters": changed})
    told = {"parameters": MappingProxyType(changed)} if changed else {}
    if by_parameters == state:
        return {**settings, **told}
    if origin.state:  # as it was written is well enough, if nothing has changed since
        written = {"state": origin.state, **told}
        if _made(new(), written) == state:
            return {**settings, **written}
    settings["state"] = hosting.encoded(state)
    if len(settings["state"]) > MAX_STATE:
        raise ChainError(
            f"the state of the plugin {file.name} has {len(state)} bytes, more than a chain has "
            "room for: keep its sound in a preset of its own."
        )
    if _made(new(), {**settings, **told}) == state:
        settings |= told  # for whoever reads it
    return settings


def _changed(plugin: Any, fresh: Any) -> dict[str, Any]:
    """The values of those parameters that are not where they are when it is new.

    What its values cannot say, such as a place between two of them, is left to its state.
    """
    now, usual = positions(plugin), positions(fresh)
    set_to = origin_of(plugin).values
    changed: dict[str, Any] = {}
    for name, position in now.items():
        if position == usual.get(name):
            continue
        value = hosting.value_of(plugin, name)
        if value is None or value == hosting.value_of(fresh, name):
            continue
        said, got = set_to.get(name, (None, None))
        if got == position:
            changed[name] = said
        else:
            changed[name] = _short(fresh, name, value, position)
    return changed


def _short(fresh: Any, name: str, value: Any, position: float) -> Any:
    """The shortest number that leads to that position; the value itself if it is no number.

    What a plugin says of its value is rounded, and may lead beside where it is.
    """
    if not isinstance(value, float):
        return value
    exact = _shortened(fresh, name, value, position, 9)
    if exact is None:
        exact = _shortened(fresh, name, _nearer(fresh, name, value, position), position, 17)
    return value if exact is None else exact


def _shortened(
    fresh: Any, name: str, value: float, position: float, most_digits: int
) -> float | None:
    for digits in range(1, most_digits + 1):
        short = float(f"{value:.{digits}g}")
        if _leads_to(fresh, name, short) == position:
            return short
    return None


def _leads_to(fresh: Any, name: str, value: float) -> float | None:
    """Where a value leads; None if it is refused."""
    try:
        hosting.put(fresh, name, value)
    except Exception:  # ValueError: beyond the range
        return None
    return float(fresh.parameters[name].raw_value)


def _nearer(fresh: Any, name: str, value: float, position: float) -> float:
    """A value that leads nearer to a position, by the secant through two that are near it."""
    found = fresh.parameters[name]
    reach = (found.max_value or 0.0) - (found.min_value or 0.0)
    other = value + (1e-4 if 2 * value < (found.max_value or 0.0) else -1e-4) * reach
    for _ in range(STEPS):
        here, there = _leads_to(fresh, name, value), _leads_to(fresh, name, other)
        if here is None or there is None or here in (there, position):
            break
        value, other = value + (position - here) * (other - value) / (there - here), value
    return value


def _made(fresh: Any, settings: Mapping[str, Any]) -> bytes | None:
    """The state of a plugin that has these settings; None if it does not take its own words."""
    try:
        hosting.restore(fresh, settings)
    except ChainError:
        return None
    hosting.run_silence(fresh)
    return bytes(fresh.raw_state)


def _state(plugin: Any, fresh: Any) -> bytes:
    """The state of a plugin, with its parameters as they are now.

    A plugin's state follows its parameters only when it runs. So that this one, which may be in the
    middle of a sound, need not, another one is put into its place.
    """
    with suppress(Exception):  # it does not take its own state: then there is none to keep
        fresh.raw_state = plugin.raw_state
    hosting.move(fresh, positions(plugin))
    hosting.run_silence(fresh)
    return bytes(fresh.raw_state)


def _installed(plugin: Any, kind: Kind) -> Path:
    """The file of a plugin that was not built from a chain: pedalboard does not keep it."""
    files = [Path(it) for it in getattr(kind.make, "installed_plugins", [])]
    for file in files:
        if file.stem.casefold() == plugin.name.casefold() and file.exists():
            return file
    raise ChainError(
        f"nothing says which file the plugin {plugin.name!r} is from: have it in a chain's file, "
        "with its path, and load that (Pedalboard.load)."
    )


def _named_file(file: Path) -> str:
    """A plugin's file by its name, if that is how it is found, and else by its whole path."""
    try:
        if ANYWHERE.find(file.name).samefile(file):
            return file.name
    except (MissingPlugin, OSError):
        pass
    return os.path.abspath(file)
