"""The effects that a chain may have, and their parameters: asked of the installed pedalboard.

Of an effect's parameters only those are here that can be written in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from effects.chains.kind import Kind
from effects.chains.native_kinds import native_kinds
from effects.chains.own_kinds import OWN, own_kind
from effects.chains.parameter import Parameter
from effects.chains.wording import likely
from presets.chain_files.chain import CONTAINERS, Chain, Effect

__all__ = ["OWN", "Kind", "Parameter", "kinds", "likely", "plugins_of"]


class _Kinds(Mapping[str, Kind]):
    """All types of effects; what Restyle's own need is loaded when they are asked for."""

    def __init__(self) -> None:
        self._native = {it.name: it for it in native_kinds()}
        self._names = sorted({*self._native, *OWN, *CONTAINERS}, key=str.casefold)

    def __getitem__(self, name: str) -> Kind:
        if name in OWN:
            return own_kind(name)
        if name in CONTAINERS:
            return _container_kind(name)
        return self._native[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@cache
def kinds() -> Mapping[str, Kind]:
    """All types of effects, by name."""
    return _Kinds()


def plugins_of(chain: Chain) -> list[Effect]:
    """The effects of a chain that are plugins in files of their own, which run somebody's code."""
    known = kinds()
    return [it for it in chain.every_effect() if it.type in known and known[it.type].plugin]


@cache
def _container_kind(name: str) -> Kind:
    from effects.boards import containers

    return Kind(
        name=name,
        make=getattr(containers, name),
        parameters=MappingProxyType({}),
        container=True,
    )
