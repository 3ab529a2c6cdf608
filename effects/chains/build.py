"""From a chain to a board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from effects.chains.kinds import Parameter
from effects.chains.plugins import ANYWHERE, PluginFolders
from presets.chain_files.chain import Chain, Effect


@dataclass(frozen=True)
class Built:
    """What a chain says, as effects.

    Attributes:
        members: in their order.
        named: every effect, also those in containers, by its name in the chain.
    """

    members: list[Any]
    named: Mapping[str, Any]


def check(chain: Chain, plugins: PluginFolders = ANYWHERE) -> list[str]:
    """What is wrong with a chain, one line each; no plugin is loaded, nothing is rendered.

    Types, parameters and their ranges, presets, files and MIDI targets are checked, and that
    plugins are there.
    """
    raise NotImplementedError


def build(
    chain: Chain,
    plugins: PluginFolders = ANYWHERE,
    *,
    threads: int | None = None,
    on_plugin: Callable[[str], object] = lambda name: None,
) -> Built:
    """The effects of a chain. Plugins are loaded last, once all else is known to be right.

    Args:
        chain: what to build.
        plugins: where plugins are looked for.
        threads: how many cores its effects in Python may use.
        on_plugin: called with the name of each plugin's file before it is loaded.

    Raises:
        ChainError: something is wrong with it; one line.
    """
    raise NotImplementedError


def describe(effect: Effect, chain: Chain, plugins: PluginFolders = ANYWHERE) -> list[Parameter]:
    """The parameters of one plugin of a chain, for which it is loaded. Raises ChainError."""
    raise NotImplementedError
