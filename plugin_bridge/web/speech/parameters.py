"""What a body may say of the effects of a chain: ``"reverb.wet_level": 0.3``.

Which effects and parameters there are, only the chain knows: the service asks it. Here is what can
be said without one, and what no client may set, whatever the chain.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from plugin_bridge.jobs.operations import chained

CHAIN = "chain"  # the setting that holds a whole chain, which may name files
NAMED = r"^[^.]+\.[^.]+$"  # name.parameter
MAX_CHARACTERS = 200  # of a name, and of a text; by guess
MOST = 200  # in a body; by guess, above what chains have

#: What a JSON schema says of a value.
SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "boolean"},
        {"type": "number"},
        {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS},
    ],
    "description": "A parameter of an effect of the chain that is named: see /v1/chains/{name}.",
}


def is_private(name: str) -> bool:
    """Whether no client may set this: a chain may name files, too."""
    return name == CHAIN or chained.is_private(name)


def is_named(name: str) -> bool:
    """Whether this can be the parameter of an effect."""
    return len(name) <= MAX_CHARACTERS and re.fullmatch(NAMED, name) is not None


def wrong_with(name: str, value: Any) -> str:
    """Why a body cannot set this parameter to that; ``""`` if it can."""
    if is_private(name):
        return "This cannot be set over HTTP"
    if isinstance(value, str) and 0 < len(value) <= MAX_CHARACTERS:
        return ""
    if isinstance(value, (bool, int, float)) and abs(value) <= sys.float_info.max:  # and no NaN
        return ""
    return f"This takes a number, true or false, or a text of up to {MAX_CHARACTERS} characters"
