"""What members of a board were built from, since pedalboard's effects do not tell all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an effect was built from.

    Attributes:
        name: what its chain calls it.
        values: what was set, and what the effect said right afterwards: gains of filters, for
            example, are rounded each time they are asked for. Of a plugin, where it was then.
        file: of a plugin, its file.
        settings: of a plugin, what it was loaded with.
        state: of a plugin, the state that it was given, as a text; empty for none.
    """

    name: str = ""
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=_nothing)
    file: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=_nothing)
    state: str = ""


_KNOWN: WeakKeyDictionary[Any, Origin] = WeakKeyDictionary()


def remember(effect: Any, origin: Origin) -> None:
    """Keep what an effect was built from for as long as it lives. Copies do not have it."""
    _KNOWN[effect] = origin


def origin_of(effect: Any) -> Origin:
    """What an effect was built from; an empty `Origin` if nobody has said."""
    return _KNOWN.get(effect) or Origin()
