"""Settings of an operation: a number in a range, one of a few words, or a text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from plugin_bridge.jobs.refusal import Refusal


class Varies(NamedTuple):
    """A default that depends on another setting.

    Attributes:
        by: the name of that setting, a `Choice`.
        values: the default where that is one of these words.
    """

    by: str
    values: Mapping[str, float]


class Number(NamedTuple):
    """A setting that is a number.

    Attributes:
        least, most: its range, both ends included.
        default: its value if it is not given.
        whole: whether it has to be a whole number.
        common: whether it can have a default for all jobs; a time within one input cannot.
        varies: where the default is another; None if it is the same everywhere.
    """

    least: float
    most: float
    default: float
    whole: bool = False
    common: bool = True
    varies: Varies | None = None


class Choice(NamedTuple):
    """A setting that is one of a few words.

    Attributes:
        words: those that it can be.
        default: its value if it is not given.
    """

    words: tuple[str, ...]
    default: str


class Text(NamedTuple):
    """A setting that is a text; if its ``default`` is empty, each job has to give it."""

    default: str = ""


Keyed = Number | Choice
Setting = Keyed | Text
Kind = TypeVar("Kind", bound=Keyed)


def numbers(settings: Mapping[str, Setting], *, common: bool = False) -> dict[str, Number]:
    """The settings that are numbers; if ``common``, only those that can be set for all jobs."""
    return {
        name: setting
        for name, setting in settings.items()
        if isinstance(setting, Number) and (setting.common or not common)
    }


def keyed(settings: Mapping[str, Setting]) -> dict[str, Keyed]:
    """The settings that are given by a key, in any order: the numbers and the choices."""
    return {name: it for name, it in settings.items() if not isinstance(it, Text)}


def check(name: str, value: Any, known: Mapping[str, Keyed]) -> float | str:
    """Check a value for one of the ``known`` settings, and return it as it is kept.

    Raises:
        Refusal: the name is unknown, or the value is impossible.
    """
    setting = _find(name, known)
    if isinstance(setting, Choice):
        return _one_of(name, value, setting.words)
    return _in_range(name, _as_number(name, value), setting)


def clamp(name: str, value: Any, known: Mapping[str, Number]) -> float:
    """The nearest possible value of one of the ``known`` settings.

    Raises:
        Refusal: the name is unknown, or the value is no number.
    """
    number = _find(name, known)
    given = min(max(_as_number(name, value), number.least), number.most)
    return int(given) if number.whole else given


def _in_range(name: str, given: float, number: Number) -> float:
    """``given``, if it is in the range of ``number``."""
    if not number.least <= given <= number.most:
        raise Refusal(
            "bad_setting",
            f"{name} must be between {number.least:g} and {number.most:g}, not {given:g}.",
        )
    if number.whole and not given.is_integer():
        raise Refusal("bad_setting", f"{name} must be a whole number, not {given:g}.")
    return int(given) if number.whole else given


def _find(name: str, known: Mapping[str, Kind]) -> Kind:
    if name not in known:
        names = ", ".join(known)
        raise Refusal("bad_setting", f"There is no setting {name!r}: choose one of {names}.")
    return known[name]


def _one_of(name: str, value: Any, words: tuple[str, ...]) -> str:
    """``value``, if it is one of the words."""
    if isinstance(value, str) and value in words:
        return value
    raise Refusal("bad_setting", f"{name} must be one of {', '.join(words)}, not {value!r}.")


def _as_number(name: str, value: Any) -> float:
    """``value`` as a finite float; NaN, infinity and texts are refused."""
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return float(value)
    raise Refusal("bad_setting", f"{name} must be a number, not {value!r}.")
