"""Native members of a board: plugins one by one, with what they report and how long they sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Begins the stage that is reported while a plugin in a file of its own is loaded or runs; the name
#: of its file follows. A server knows by it what was to blame when a process dies or hangs.
PLUGIN = "plugin "

_FILE = "_restyle_file"  # pedalboard's plugins take attributes with an underscore, and know no file


def remember_file(plugin: Any, path: Path) -> None:
    """Note which file a plugin was loaded from, which pedalboard does not tell."""
    setattr(plugin, _FILE, path)


def file_of(plugin: Any) -> Path | None:
    """The file that a plugin was loaded from; None if nobody noted it."""
    return getattr(plugin, _FILE, None)


def plugin_name(plugin: Any) -> str:
    """What a user calls a plugin: the name of its file, or its own where that is not known."""
    path = file_of(plugin)
    return str(plugin.name) if path is None else path.name
