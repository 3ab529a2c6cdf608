"""What a job has beside the files it must have, as OSC carries it: pairs of a key and a value.

A key names a setting, or a file that stands for one: ``style`` and the path of a clip, in place of
a preset. One with a dot names a parameter of an effect of a chain: ``reverb.wet_level``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations import chained
from plugin_bridge.jobs.operations.chained import OF_THE_JOB
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.operations.restyle import SETTINGS, check_part
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import check, keyed

KEYED = keyed(SETTINGS)


class Given(NamedTuple):
    """What the pairs of a job say.

    Attributes:
        settings: checked, by name.
        files: paths as they were sent, by the operation's names for them.
    """

    settings: dict[str, Value]
    files: dict[str, str]


def read_pairs(arguments: Sequence[Any], *, of_chain: bool = False) -> Given:
    """What follows the preset of a submit: pairs of a key and a value.

    A number alone is the strength.

    Args:
        arguments: the pairs, flat.
        of_chain: whether a chain stands in the preset's place. Its keys are looked at as far as
            they are those of all jobs: the others are the chain's, and the service checks them.

    Raises:
        Refusal: a key is unknown or given twice, or its value is impossible.
    """
    if len(arguments) == 1 and not isinstance(arguments[0], str):
        arguments = ["strength", *arguments]
    files, rest = _apart(operations.find("restyle"), _pairs(arguments, "preset"))
    settings = {
        key: chained.value(key, int(value) if isinstance(value, bool) else value)
        if "." in key or (of_chain and key not in (*KEYED, *OF_THE_JOB))
        else check(key, value, KEYED)
        for key, value in rest.items()
    }
    check_part(settings)
    return Given(settings, files)


def read_settings(operation: Operation, arguments: Sequence[Any]) -> Given:
    """What follows the files of an operation: pairs of a key and a value.

    Raises:
        Refusal: a key is unknown or given twice, or its value is impossible.
    """
    files, rest = _apart(operation, _pairs(arguments, "output"))
    return Given(operation.check_all(rest, files), files)


def _apart(operation: Operation, pairs: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The files in the pairs, and the rest. Raises Refusal if a path is no text."""
    files = {}
    for key in operation.instead_of:
        if key in pairs:
            if not isinstance(pairs[key], str):
                raise Refusal("bad_setting", f"{key} must be a path, not {pairs[key]!r}.")
            files[key] = pairs[key]
    return files, {key: value for key, value in pairs.items() if key not in files}


def _pairs(arguments: Sequence[Any], after: str) -> dict[str, Any]:
    """Keys with their values. Raises Refusal if a key is given twice, or is no text."""
    if len(arguments) % 2:
        raise Refusal("bad_request", f"After the {after} come pairs of a key and a value.")
    keys = arguments[::2]
    for n, key in enumerate(keys):
        if not isinstance(key, str) or key in keys[:n]:
            raise Refusal("bad_setting", f"The key {key!r} is given twice, or is no text.")
    return dict(zip(keys, arguments[1::2], strict=True))
