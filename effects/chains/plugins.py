"""Where plugins are looked for. Nothing here loads one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from presets.chain_files.chain import ChainError


class MissingPlugin(ChainError):  # noqa: N818
    """A plugin is in none of the folders; the message names it and them."""


@dataclass(frozen=True)
class PluginFolders:
    """Where plugins are looked for.

    Attributes:
        folders: looked through first, in this order.
        only: whether plugins are taken from nowhere else: by their file's name, whatever path a
            chain says. If not, a chain may also name a path of its own, and the system's folders
            for VST3 plugins are looked through last.
    """

    folders: Sequence[Path] = ()
    only: bool = False

    def find(self, path: str, beside: Path | None = None) -> Path:
        """The plugin that a chain calls ``path``.

        Args:
            path: an absolute path, one relative to the chain's file, or the name of a file.
            beside: the folder of the chain's file; None for none.

        Raises:
            MissingPlugin: it is not there.
        """
        raise NotImplementedError


ANYWHERE = PluginFolders()
