"""The effects that a chain may have, and their parameters: asked of the installed pedalboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What can be set of an effect.

    Attributes:
        name: as in Python.
        kind: ``"number"``, ``"switch"`` (true or false), ``"choice"`` or ``"text"``.
        default: its value if it is not given; None for one that has to be given, or has none.
        least, most: the range of a number; None where it is open.
        whole: whether a number has to be whole.
        words: what a choice can be.
        unit: ``"dB"``, ``"Hz"``, ``"ms"``, ``"s"``; empty for none.
        file: whether a text names a file.
    """

    name: str
    kind: str
    default: bool | float | str | None = None
    least: float | None = None
    most: float | None = None
    whole: bool = False
    words: tuple[str, ...] = ()
    unit: str = ""
    file: bool = False

    def check(self, value: Any) -> bool | float | str:
        """The value as it is kept.

        Raises:
            ValueError: it is impossible; the message says what is possible, and not of what.
        """
        raise NotImplementedError


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
    """

    name: str
    make: Any
    parameters: Mapping[str, Parameter]
    container: bool = False
    plugin: bool = False


@cache
def kinds() -> Mapping[str, Kind]:
    """All types of effects, by name."""
    raise NotImplementedError


def likely(name: str, known: Any) -> str:
    """``": did you mean 'a' or 'b'?"``, for a misspelt name; or else the first of those known."""
    raise NotImplementedError
