"""The settings of a job as OSC carries them: pairs of a key and a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugin_bridge.jobs.job import Value
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
    if len(arguments) % 2:
        raise Refusal("bad_request", "After the preset come pairs of a key and a value.")
    settings: dict[str, Value] = {}
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        if not isinstance(key, str) or key in settings:
            raise Refusal("bad_setting", f"The key {key!r} is given twice, or is no text.")
        settings[key] = check(key, value, KEYED)
    check_part(settings)
    return settings
