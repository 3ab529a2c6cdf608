"""How many requests are let in: ``60/min``."""

from __future__ import annotations

import re
from typing import NamedTuple

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_WORDS = re.compile(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,4})?(s|min|h)", re.ASCII)


class Rate(NamedTuple):
    """So many requests in so many seconds."""

    requests: int
    seconds: float

    def __str__(self) -> str:
        unit = next(it for it in reversed(_SECONDS) if not self.seconds % _SECONDS[it])
        number = round(self.seconds / _SECONDS[unit])
        return f"{self.requests}/{'' if number == 1 else number}{unit}"


DEFAULT_RATE = Rate(60, 60.0)  # not searched: a client that asks once a second is let in


def parse_rate(text: str) -> Rate:
    """Read a rate such as ``60/min``, ``5/s``, ``1000/h`` or ``100/10min``.

    Raises:
        ValueError: it is none.
    """
    found = _WORDS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no rate: write 60/min, 5/s or 1000/h.")
    requests, number, unit = found.groups()
    return Rate(int(requests), int(number or 1) * _SECONDS[unit])
