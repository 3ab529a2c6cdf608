"""A type of effect, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from effects.chains.parameter import Parameter


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of effect.

    Attributes:
        name: of its class.
        make: the class.
        parameters: what can be set, by name; of a plugin only ``path``, ``plugin_name``, ``state``
            and ``parameters``, since its own are known when it is loaded: see
            `effects.chains.build.describe`.
        container: whether it holds other effects.
        plugin: whether it is a plugin in a file of its own, which runs somebody's code.
        own: whether it is one of Restyle's effects in Python.
        given: the parameters that its constructor has to be given.
    """

    name: str
    make: Any
    parameters: Mapping[str, Parameter]
    container: bool = False
    plugin: bool = False
    own: bool = False
    given: tuple[str, ...] = ()
