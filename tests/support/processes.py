"""What tests have other processes do: a process can import this, and not a file of tests."""

from __future__ import annotations

import os
import random
import sys
import time

import numpy as np

from effects.running.cache import Cache


def die():
    os._exit(1)


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()


def loaded(module):
    return module in sys.modules


def arrays(seed=0, n=100):
    generator = np.random.default_rng(seed)
    return {"frames": generator.normal(size=(n, 5)).astype(np.float32), "self": np.array(1.5)}


def hammer(folder, seed, results):
    """In a process of its own: use, damage, evict, again and again."""
    order = random.Random(seed)
    try:
        for _ in range(150):
            n = order.randrange(6)
            cache = Cache(folder, max_disk_bytes=12_000)  # as a process that just began
            found = cache.get({"n": n}, lambda n=n: arrays(n))
            np.testing.assert_array_equal(found["frames"], arrays(n)["frames"])
        results.put("right")
    except BaseException as error:
        results.put(repr(error))
