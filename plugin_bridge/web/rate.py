"""How often an owner may ask: a token bucket, which takes the same time however often it is used.

https://en.wikipedia.org/wiki/Token_bucket; the fields are those of
draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from plugin_bridge.accounts.rates import Rate


class Bucket:
    """Holds as many tokens as requests may come at once; each request takes one.

    Args:
        rate: how many tokens it holds, and in which time an empty one fills.
        clock: tells the time in seconds.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._tokens = float(rate.requests)
        self._at = clock()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = self._clock()
        gained = (now - self._at) * self.rate.requests / self.rate.seconds
        self._tokens = min(self._tokens + gained, float(self.rate.requests))
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def wait_seconds(self) -> int:
        """After how many whole seconds there will be a token."""
        missing = max(1 - self._tokens, 0.0)
        return max(math.ceil(missing * self.rate.seconds / self.rate.requests), 1)

    @property
    def fields(self) -> dict[str, str]:
        """The header fields that tell a client how much is left."""
        missing = self.rate.requests - self._tokens
        full = math.ceil(missing * self.rate.seconds / self.rate.requests)
        window = max(math.ceil(self.rate.seconds), 1)
        return {
            "RateLimit-Policy": f'"requests";q={self.rate.requests};w={window}',
            "RateLimit": f'"requests";r={int(self._tokens)};t={full}',
        }


class Buckets:
    """A bucket for each owner that has a rate: there are no more than there are keys."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def of(self, owner: str, rate: Rate) -> Bucket:
        """The owner's bucket; a new one if its rate has changed."""
        bucket = self._buckets.get(owner)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[owner] = Bucket(rate, self._clock)
        return bucket
