"""The folders that Restyle keeps things in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plugin_bridge.doctor.fact import Fact
from plugin_bridge.errors import one_line


def folders() -> Iterator[Fact]:
    """The cache, and the user's presets with what is wrong with them."""
    yield _cache()
    yield from _presets()


def _cache() -> Fact:
    from effects.running.cache import cache_folder, caches

    folder = cache_folder()
    try:
        size_bytes = sum(it.size().bytes for it in caches().values())
    except OSError as error:
        return Fact("cache", None, str(folder), f"The cache cannot be read: {one_line(error)}.")
    trouble = (
        ""
        if _is_writable(folder)
        else f"Nothing can be written to the cache {folder}, so that all is heard anew each time: "
        "set RESTYLE_CACHE_DIR to a folder of yours."
    )
    value = {"folder": str(folder), "bytes": size_bytes}
    return Fact("cache", value, f"{folder}: {size_bytes / 1e6:.0f} MB", trouble)


def _presets() -> Iterator[Fact]:
    import presets

    folder, broken = presets.user_folder(), presets.broken()
    own = [it.name for it in presets.every() if not it.built_in]
    value = {"folder": str(folder), "own": own, "broken": len(broken)}
    text = f"{folder}: {len(own)} of yours" + (f", {len(broken)} broken" if broken else "")
    yield Fact("presets", value, text)
    for number, error in enumerate(broken, 1):
        yield Fact(f"broken preset {number}", str(error), "see below", one_line(error))


def _is_writable(folder: Path) -> bool:
    """Whether files can be written to it, or to where it would be made."""
    there = next(it for it in (folder.absolute(), *folder.absolute().parents) if it.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
