"""So many a second for each, and no more."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable

MAX_KEYS = 4096  # remembered at once, beyond which all are forgotten; not searched


class Quota:
    """Says yes at most ``per_second`` times within a second of the clock, for each key."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._second = 0
        self._spent: Counter[Hashable] = Counter()

    def spend(self, key: Hashable) -> bool:
        """Whether ``key`` may do once more what is counted here."""
        second = int(time.monotonic())
        if second != self._second or len(self._spent) >= MAX_KEYS:
            self._second = second
            self._spent.clear()
        if self._spent[key] >= self._per_second:
            return False
        self._spent[key] += 1
        return True
