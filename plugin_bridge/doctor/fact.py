"""One thing that was looked at."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """What was found.

    Attributes:
        name: of what was looked at.
        value: for programs; JSON can hold it.
        text: for people.
        trouble: what is wrong and what to do, in one line; empty if all is well.
    """

    name: str
    value: object
    text: str
    trouble: str = ""
