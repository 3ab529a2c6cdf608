"""Holding a note for longer than its grain lasts: the grain is read again from an earlier place.

A sampler loops the steady part of a recording. Here the place p near the end of a note is followed
by the place p - J once or several times, until the note is as long as wanted; then the grain goes
on to its own end. J is near what is missing, and such that the waves before both places are most
alike (the highest normalised correlation), so that the joint, a crossfade, is not heard.

A string that was plucked goes on falling: what is read again is louder than what was just heard, so
it is turned down by the ratio of their levels.

Stretching by a phase vocoder, as before, made decays slower, partials broader and took five times
as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.choice import FAINTEST
from effects.signal.arrays import Mono, Values
from effects.signal.correlation import correlate_valid


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Seconds from the start of a note that are not read again. Best of 0.04, 0.06 and 0.1 on the
    #: tuning half.
    attack_seconds: float = 0.1
    #: Seconds before the end of a note that are not read again.
    end_seconds: float = 0.02
    #: Length of a joint, in seconds. 0.02, 0.03 and 0.05 were alike on the tuning half.
    join_seconds: float = 0.03
    #: The place is looked for within this many seconds around the one that would be exact.
    search_seconds: float = 0.012
    #: A place at the end of the search counts by this share less than the exact one.
    off: float = 0.05
    #: All of these are for notes of at least this many seconds; for shorter notes they are shorter
    #: in proportion. Best of 0.25 and 0.4 on the tuning half.
    usual_seconds: float = 0.25
    #: Shortest stretch that is read again, in seconds. So notes of less than 17 ms are not held.
    shortest_seconds: float = 0.006


SETTINGS = Settings()


def held(sound: Mono, start: int, body: int, wanted: int, sample_rate: float) -> Mono:
    """A grain with the end of its note moved from sample ``body`` to about sample ``wanted``.

    Args:
        sound: ``[samples]``.
        start: where its note starts.
        body: where its note ends.
        wanted: where it is to end; later than ``body``.
        sample_rate: in Hz.

    Returns:
        ``sound`` itself if its note is too short for this.
    """
    scale = min((body - start) / (SETTINGS.usual_seconds * sample_rate), 1) * sample_rate
    first = start + round(SETTINGS.attack_seconds * scale)
    last = body - round(SETTINGS.end_seconds * scale)
    join, reach = round(SETTINGS.join_seconds * scale), round(SETTINGS.search_seconds * scale)
    # So that there is room to look for a place further back than the exact one, too.
    longest = last - first - join - reach
    if longest < SETTINGS.shortest_seconds * sample_rate:
        return sound
    ramp = np.linspace(0, 1, join, dtype=np.float32)
    out = np.zeros(wanted + sound.size, np.float32)
    out[:last] = sound[:last]
    missing, gain, end = wanted - body, 1.0, last
    for left in range(math.ceil(missing / longest), 0, -1):
        back = _back(sound, last, join, first, round(missing / left), reach)
        missing -= back
        before, again = (sound[it - join : it] for it in (last, last - back))
        gain *= min(_level(before) / max(_level(again), FAINTEST), 1.0)
        out[end - join : end] += ramp * (np.float32(gain) * again - out[end - join : end])
        piece = sound[last - back : last if left > 1 else None]
        out[end : end + piece.size] = np.float32(gain) * piece
        end += piece.size
    return out[:end]


def _back(sound: Mono, last: int, join: int, first: int, exact: int, reach: int) -> int:
    """How many samples to go back from ``last``; see the module.

    Args:
        sound: ``[samples]``.
        last: where to go back from.
        join: length of the stretches that are compared.
        first: the first sample that may be heard again.
        exact: how far to go back at best.
        reach: how much less or more it may be.
    """
    most = min(exact + reach, last - join - first)
    least = max(min(exact - reach, most), 0)
    region = sound[last - most - join : last - least].astype(np.float64)
    pattern = sound[last - join : last].astype(np.float64)
    products = correlate_valid(region, pattern)
    energy = np.concatenate([[0.0], np.cumsum(region**2)])
    size: Values = np.sqrt(np.maximum(energy[join:] - energy[:-join], 1e-20))
    alike = products / size
    # A tone is like itself after every period: then the nearest place is right.
    alike -= SETTINGS.off * alike.max() * np.abs(most - np.arange(alike.size) - exact) / reach
    return most - int(alike.argmax())


def _level(sound: Mono) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
