"""Whether a file is as Restyle wrote it: a digest of all of it stands in it, as a comment.

The digest is that of the file with zeros in the digest's place, so that it can be anywhere.
"""

from __future__ import annotations

import hashlib
import re

_NAME = b"restyle-sha256:"
_DIGITS = 64
_SEAL = re.compile(re.escape(_NAME) + rb"([0-9a-f]{%d})" % _DIGITS)

#: Where the digest is to come, in a file that is to be sealed.
SEAL = _NAME + b"0" * _DIGITS


def seal(data: bytes) -> bytes:
    """``data`` with its digest in the place of `SEAL`, which it has once.

    Raises:
        ValueError: it has none, or several.
    """
    if data.count(_NAME) != 1 or SEAL not in data:
        raise ValueError("A file to be sealed has one place for its digest.")
    return data.replace(SEAL, _NAME + _digest(data))


def is_sealed(data: bytes) -> bool:
    """Whether a file has a digest, if not its own."""
    return _SEAL.search(data) is not None


def is_as_sealed(data: bytes) -> bool:
    """Whether a file has a digest that is its own: nobody has changed it since."""
    found = _SEAL.search(data)
    if found is None:
        return False
    return _digest(data[: found.start()] + SEAL + data[found.end() :]) == found[1]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
