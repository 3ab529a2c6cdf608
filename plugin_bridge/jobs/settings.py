"""The settings of a job: their names, ranges and defaults, and how requests give them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from plugin_bridge.jobs.refusal import Refusal


class Parameter(NamedTuple):
    """A setting's range and default; ``kind`` is the OSC type tag that its value has."""

    kind: str
    least: float
    most: float
    default: float


#: Settings that can be set for all jobs to come.
PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "strength": Parameter("f", 0.0, 1.0, 1.0),
        "mix": Parameter("f", 0.0, 1.0, 1.0),
        "gain_db": Parameter("f", -60.0, 0.0, 0.0),
        "seed": Parameter("i", 0, 2**31 - 1, 0),
    }
)

#: Settings of one job alone: the part of the stem that is wanted.
SPAN: Mapping[str, Parameter] = MappingProxyType(
    {
        "start_seconds": Parameter("f", 0.0, 86400.0, 0.0),
        "end_seconds": Parameter("f", 0.0, 86400.0, 86400.0),
    }
)


def check(name: str, value: Any) -> float:
    """The value of a setting, if it is possible.

    Raises:
        Refusal: the name is unknown, or the value is no number or out of range.
    """
    parameter = find(name, {**PARAMETERS, **SPAN})
    number = as_number(name, value)
    if not parameter.least <= number <= parameter.most:
        raise Refusal(
            "bad_setting",
            f"{name} must be between {parameter.least:g} and {parameter.most:g}, not {number:g}.",
        )
    if parameter.kind == "i" and not number.is_integer():
        raise Refusal("bad_setting", f"{name} must be a whole number, not {number:g}.")
    return int(number) if parameter.kind == "i" else number


def clamp(name: str, value: Any) -> float:
    """The nearest possible value of a setting for all jobs.

    Raises:
        Refusal: the name is unknown, or the value is no number.
    """
    parameter = find(name, PARAMETERS)
    number = min(max(as_number(name, value), parameter.least), parameter.most)
    return int(number) if parameter.kind == "i" else number


def find(name: str, parameters: Mapping[str, Parameter]) -> Parameter:
    """The parameter of that name. Raises Refusal, which names those there are."""
    if name not in parameters:
        known = ", ".join(parameters)
        raise Refusal("bad_setting", f"There is no setting {name!r}: choose one of {known}.")
    return parameters[name]


def as_number(name: str, value: Any) -> float:
    """``value`` as a finite float; NaN, infinity and texts are refused."""
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return float(value)
    raise Refusal("bad_setting", f"{name} must be a number, not {value!r}.")
