"""Looking at a chain's plugins: each is loaded in a process of its own.

A plugin is somebody's code: it may crash, hang, or write to the terminal. There it ends only the
process, and what it writes leads nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from plugin_bridge.cli import apart

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from effects.chains.plugins import PluginFolders
    from presets.chain_files.chain import Chain, Effect

Result = TypeVar("Result")


def describe(
    effect: Effect, chain: Chain, folders: PluginFolders, *, seconds: float
) -> list[Parameter]:
    """The parameters of a plugin.

    Args:
        effect: the plugin.
        chain: whose it is.
        folders: where it is looked for.
        seconds: how long it may take.

    Raises:
        ValueError: it cannot be loaded, or not in that time.
    """
    name = f"The plugin {effect.settings.get('path', effect.name)}"
    return _apart(name, seconds, _described, effect, chain, folders)


def load(chain: Chain, folders: PluginFolders, *, seconds: float) -> None:
    """Load all plugins of a chain and set what it says; arguments and errors as of `describe`."""
    from effects.chains.kinds import plugins_of

    for it in plugins_of(chain):
        describe(it, chain, folders, seconds=seconds)
    _apart(f"One of the plugins of {chain.name}", seconds, _built, chain, folders)


def _described(_: apart.Say, *arguments: Any) -> list[Parameter]:
    from effects.chains.build import describe

    return describe(*arguments)


def _built(_: apart.Say, *arguments: Any) -> None:
    from effects.chains.build import build

    build(*arguments)  # what it makes stays in the process


def _apart(what: str, seconds: float, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a process of its own; ``what`` is loaded there, for messages."""
    if math.isnan(seconds):
        raise ValueError("--wait must be a number of seconds.")
    try:
        return apart.call(function, *arguments, seconds=seconds)
    except TimeoutError as error:
        raise ValueError(
            f"{what} did not load within {seconds:g} s: it hangs, or give it longer "
            "with --wait SECONDS."
        ) from error
    except apart.Died as error:
        raise ValueError(f"{what} crashed while it was loaded.") from error
