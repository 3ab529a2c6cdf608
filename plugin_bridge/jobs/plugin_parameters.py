"""What can be set of chains, also of their plugins, which another process loads for that."""

from __future__ import annotations

import contextlib
import math
import os
import time
from pathlib import Path

from effects.chains.kinds import Parameter, plugins_of
from effects.chains.plugins import PluginFolders
from plugin_bridge.jobs.aside import Aside
from plugin_bridge.jobs.chain_rules import ChainRules
from plugin_bridge.jobs.operations import chained
from presets.chain_files.chain import Chain, ChainError, parse, render

SECONDS = 10.0  # for a plugin to be loaded; most of those tried here take less than one
AGAIN_SECONDS = 600.0  # until one that did not answer is asked again: all may be busy. By guess
MAX_KNOWN = 200  # plugins; by guess, far above what chains name

#: Of a plugin: its file's path and when that was written, and its effect as the chain has it.
Key = tuple[str, int, str]


class PluginParameters:
    """Describes chains, each plugin once as long as it stays as it is, if it answers.

    A plugin that cannot be loaded, or not in time, is described by what the chain sets of it, and
    so are all where no plugin may run.

    Args:
        rules: what chains may have.
    """

    def __init__(self, rules: ChainRules) -> None:
        self._rules = rules
        self._aside = Aside()
        self._known: dict[Key, tuple[list[Parameter], float]] = {}  # and until when

    async def of(self, chain: Chain) -> dict[str, Parameter]:
        """What can be set of a chain in a job, by name. Raises Refusal: the chain is no good."""
        found = chained.parameters(chain, self._rules)
        plugins = [] if self._rules.no_plugins else plugins_of(chain)
        for it in plugins:
            alone = Chain(effects=(it,), name=chain.name, path=chain.path)
            key = self._key(alone)
            if key is None:
                continue
            known, until = self._known.get(key, ([], 0.0))
            if time.monotonic() >= until:
                known = await self._ask(alone)
                self._make_room()
                self._known[key] = known, math.inf if known else time.monotonic() + AGAIN_SECONDS
            found |= {f"{it.name}.{about.name}": about for about in known}
        return found

    def shutdown(self) -> None:
        """End the process in which plugins are loaded, whatever it does."""
        self._aside.shutdown()

    def _key(self, alone: Chain) -> Key | None:
        """What a plugin is known by; None if it is not there."""
        path = alone.effects[0].settings.get("path")
        beside = None if alone.path is None else alone.path.parent
        try:
            file = self._rules.plugins.find(str(path), beside)
            return os.fspath(file), file.stat().st_mtime_ns, render(alone)
        except (ChainError, OSError):
            return None

    async def _ask(self, alone: Chain) -> list[Parameter]:
        """Have a plugin described; nothing if that cannot be done."""
        said = render(alone), alone.path, self._rules.plugins
        with contextlib.suppress(Exception):  # whatever a plugin's code makes pedalboard raise
            return await self._aside.call(_described, *said, seconds=SECONDS)
        return []

    def _make_room(self) -> None:
        while len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]


def _described(text: str, path: Path | None, plugins: PluginFolders) -> list[Parameter]:
    """The parameters of the one plugin of a chain, in the process for that. Raises ChainError."""
    from effects.chains.build import describe

    chain = parse(text, path=path)
    return describe(chain.effects[0], chain, plugins)
