"""Songs that were listened to before, in the cache.

A song is known by its samples and its rate. What is heard of it is small: a minute takes some 50
kB.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.listening.song import Meter, Song
from effects.running.cache import Arrays, songs_cache
from effects.signal.arrays import Sound

#: Part of the key: to be raised when anything else is heard in the same song.
VERSION = 3
BLOCK = 1 << 18  # samples at a time, to limit memory


def remembered(
    audio: Sound, sample_rate: float, tick: Callable[[], object], hear: Callable[[], Song]
) -> Song:
    """The song as it was heard before, or else as ``hear`` hears it, which is kept.

    Another thread or process that listens to the same song is waited for.

    Args:
        audio: ``[channels, samples]``.
        sample_rate: in Hz.
        tick: called while waiting; what it raises ends the wait.
        hear: listens to the song.
    """
    key = {"song": _digest(audio, sample_rate), "version": VERSION}
    cache = songs_cache()
    found = cache.find(key)
    if found is None:
        with cache.alone(key, math.ceil(audio.shape[1] / sample_rate), tick):
            found = cache.find(key)
            if found is None:
                found = _arrays(hear())
                cache.put(key, found)
    return _song(found)


def _digest(audio: Sound, sample_rate: float) -> str:
    found = hashlib.sha256(f"{audio.shape} {float(sample_rate)}".encode())
    for start in range(0, audio.shape[1], BLOCK):
        block = np.ascontiguousarray(audio[:, start : start + BLOCK], np.float32)
        found.update(block.data)
    return found.hexdigest()


def _arrays(song: Song) -> Arrays:
    values = {it.name: np.asarray(getattr(song, it.name)) for it in fields(song)}
    return {**values, "meter": np.array([song.meter.beats, song.meter.parts])}


def _song(arrays: Arrays) -> Song:
    """The song that these arrays hold. They are shared, so what it has cannot be written to."""
    values: dict[str, Any] = {
        name: _locked(array) if array.ndim else array.item() for name, array in arrays.items()
    }
    values["meter"] = Meter(*arrays["meter"].tolist())
    return Song(**values)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
