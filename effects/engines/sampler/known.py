"""What is known of a stem from listening to it before: facts on disk, and sounds in memory.

A stem is known by its samples. Its facts (notes, line, strokes, levels) are small: a minute takes
some 100 kB. They are kept as arrays in the cache, and no sound is: that stays in memory, for the
next call in this process.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from effects.running.cache import Arrays, stems_cache
from effects.running.recent import Recent
from effects.signal.arrays import Audio

#: Part of the key: to be raised when anything else is heard in the same stem.
VERSION = 1
#: Sounds in memory, for all stems of a process: two of three minutes. Not searched.
MAX_SOUND_BYTES = 128 << 20

Fact = TypeVar("Fact")
Sound = TypeVar("Sound")

SOUNDS: Recent[Any] = Recent(MAX_SOUND_BYTES)
"""Sounds that were computed of stems, by the digest of the stem and what they are."""


@dataclass(frozen=True)
class Form(Generic[Fact]):
    """How a fact is kept as an array.

    Attributes:
        write: from the fact to an array.
        read: back, with the same values.
    """

    write: Callable[[Fact], NDArray[Any]]
    read: Callable[[NDArray[Any]], Fact]


@dataclass(frozen=True)
class Known:
    """What is known of one stem. It grows while the stem is listened to.

    Attributes:
        digest: the hash of the stem; None for a stem that is not remembered.
        facts: by name.
    """

    digest: str | None = None
    facts: Arrays = field(default_factory=dict)

    def fact(self, name: str, form: Form[Fact], compute: Callable[[], Fact]) -> Fact:
        """The fact of that name, computed if it is not known.

        A fact that is computed also goes through its form, so that it is the same either way.
        """
        if name not in self.facts:
            self.facts[name] = form.write(compute())
        return form.read(self.facts[name])

    def sound(
        self, name: Hashable, compute: Callable[[], Sound], n_bytes: Callable[[Sound], int]
    ) -> Sound:
        """The sound of that name, computed if it is not in memory. Do not write to it."""
        if self.digest is None:
            return compute()
        found: Sound | None = SOUNDS.get((self.digest, name))
        if found is None:
            found = compute()
            SOUNDS.put((self.digest, name), found, n_bytes(found))
        return found


def digest(audio: Audio, sample_rate: float) -> str:
    """The hash of a stem, ``[channels, samples]``."""
    found = hashlib.sha256(f"{audio.shape} {audio.dtype} {sample_rate}".encode())
    for channel in audio:
        found.update(np.ascontiguousarray(channel).data)
    return found.hexdigest()


@contextmanager
def knowing(stem: str, seconds: float, tick: Callable[[], object]) -> Iterator[Known]:
    """What is known of the stem with the digest ``stem``; what is added meanwhile is kept.

    Another thread or process that listens to the same stem is waited for. It is kept as well if the
    call ends early.

    Args:
        stem: its digest.
        seconds: its length. Nothing listens for longer than that.
        tick: called while waiting; what it raises ends the wait.
    """
    cache, key = stems_cache(), {"stem": stem, "version": VERSION}
    facts = cache.find(key)
    if facts is not None:
        with _kept(stem, facts) as known:
            yield known
        return
    with cache.alone(key, math.ceil(seconds), tick), _kept(stem, cache.find(key) or {}) as known:
        yield known


@contextmanager
def _kept(stem: str, facts: Arrays) -> Iterator[Known]:
    known = Known(stem, dict(facts))
    try:
        yield known
    finally:
        if known.facts.keys() != facts.keys():
            stems_cache().put({"stem": stem, "version": VERSION}, known.facts)
