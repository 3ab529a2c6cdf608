"""What the chains of jobs may have: whose plugins, and whether they may name files.

A plugin is somebody's code, which runs in a worker with all that the worker may do. So a server
takes plugins from the folders that its owner has named and from nowhere else, whatever path a chain
says, and it takes chains by their names: their text, and settings of them that name files, only
from whoever owns the files, as ``restyle batch`` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from effects.chains.plugins import PluginFolders

NOWHERE = PluginFolders(only=True)


@dataclass(frozen=True)
class ChainRules:
    """What the chains of jobs may have.

    Attributes:
        plugins: where their plugins are looked for.
        trusted: whether jobs come from whoever runs this program. Then they may bring a chain as a
            text, and may set what names files.
        no_plugins: why no plugin runs here, and how one would; empty if plugins do.
    """

    plugins: PluginFolders = NOWHERE
    trusted: bool = False
    no_plugins: str = ""


STRANGERS = ChainRules(
    no_plugins="this server runs no plugins: start it with restyle serve --plugins DIR"
)
"""Those of a server that was told of no plugins."""

NO_PLUGINS_ON_DASK = "plugins do not run on a Dask cluster: leave --scheduler out"
