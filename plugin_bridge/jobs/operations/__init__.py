"""What jobs can do. Each operation is one file with one class, and one line in `OPERATIONS`."""

from __future__ import annotations

import importlib

from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.operations.operation import Operation

OPERATIONS = {
    "restyle": "plugin_bridge.jobs.operations.restyle:Restyle",
    "mashup": "plugin_bridge.jobs.operations.mashup:Mashup",
    "morph": "plugin_bridge.jobs.operations.morph:Morph",
    "tweak": "plugin_bridge.jobs.operations.tweak:Tweak",
}


def find(name: str, rules: ChainRules = STRANGERS) -> Operation:
    """The operation of that name, with what chains may have.

    Raises:
        ValueError: there is none.
    """
    if name not in OPERATIONS:
        raise ValueError(f"There is no operation {name!r}; choose one of: {', '.join(OPERATIONS)}.")
    return load(OPERATIONS[name], rules)


def load(place: str, rules: ChainRules = STRANGERS) -> Operation:
    """The operation at ``"module:Class"``: workers are told that, and need no table."""
    module, _, name = place.partition(":")
    operation: Operation = getattr(importlib.import_module(module), name)(rules)
    return operation
