"""The settings of a job as OSC carries them: pairs of a key and a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.operations.restyle import SETTINGS, check_part
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import check, keyed

KEYED = keyed(SETTINGS)


def read_pairs(arguments: Sequence[Any]) -> dict[str, Value]:
    """The settings in what follows the preset of a submit: pairs of a key and a value.

    A number alone is the strength.

    Raises:
        Refusal: a key is unknown or given twice, or its value is impossible.
    """
    if len(arguments) == 1 and not isinstance(arguments[0], str):
        arguments = ["strength", *arguments]
    settings = {key: check(key, value, KEYED) for key, value in _pairs(arguments, "preset")}
    check_part(settings)
    return settings


def read_settings(operation: Operation, arguments: Sequence[Any]) -> dict[str, Value]:
    """The settings in what follows the files of an operation: pairs of a key and a value.

    Raises:
        Refusal: a key is unknown or given twice, or its value is impossible.
    """
    return operation.check_all(dict(_pairs(arguments, "output")))


def _pairs(arguments: Sequence[Any], after: str) -> list[tuple[str, Any]]:
    """Keys with their values. Raises Refusal if a key is given twice, or is no text."""
    if len(arguments) % 2:
        raise Refusal("bad_request", f"After the {after} come pairs of a key and a value.")
    keys = arguments[::2]
    for n, key in enumerate(keys):
        if not isinstance(key, str) or key in keys[:n]:
            raise Refusal("bad_setting", f"The key {key!r} is given twice, or is no text.")
    return list(zip(keys, arguments[1::2], strict=True))
