"""TOML from strangers: read in bounded time, whatever the text is.

The time that `tomllib` takes grows with the square of how many parts its keys have (19 s for a key
of 64 kB that is nothing but dots), so these are counted first; all else takes time in proportion.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

# Limits on what a stranger may send: by guess, far above what chains need.
MAX_TEXT_BYTES = 256 << 10  # states of plugins are among it
#: All but the insides of strings, and comments: 0.15 s at the most (measured; strings are 5 times
#: as quick).
MAX_BESIDE_STRINGS = 64 << 10  # characters
MAX_KEY_PARTS = 12  # a plugin's parameters in eight containers have 10

# What a string or a comment is, as long as all before it is right: then each end is unambiguous.
# One that has no end goes on to the end of the text, so that no character is looked at twice.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+",
    re.DOTALL,
)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS}}}")


def load(text: str) -> dict[str, Any]:
    """What a text says.

    Raises:
        ValueError: it is too long, or no TOML; the message goes on from "its text".
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:  # half of a pair, as JSON can have it
        raise ValueError("is not in UTF-8") from error
    if size > MAX_TEXT_BYTES:
        raise ValueError(f"has {size:,} bytes, more than the {MAX_TEXT_BYTES:,} it may have")
    rest = _STRING_OR_COMMENT.sub("s", text)
    if len(rest) > MAX_BESIDE_STRINGS:
        raise ValueError(
            f"has {len(rest):,} characters that are not in quotes, more than the "
            f"{MAX_BESIDE_STRINGS:,} it may have"
        )
    if _LONG_KEY.search(rest):
        raise ValueError(f"has a key of more than {MAX_KEY_PARTS} parts")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise ValueError("has too many brackets in one another") from error
    except ValueError as error:
        reason = " ".join(str(error).split())[:100].rstrip(".") or type(error).__name__
        raise ValueError(f"is not TOML ({reason})") from error
