"""How far apart two sounds are: earth mover's distances over timbre, pitch and rhythm.

Each is the Wasserstein distance of order 1 of two distributions on a line: how far, in the mean,
what is in one has to be moved to become the other. A sound between two others that *moves* is half
way on that line. All three are in octaves:

- timbre: how loudness is spread over the spectrum. A band's loudness is the 0.3th power of its
  power (Stevens' law), its place the logarithm of its frequency.
- pitch: which pitches sound how long.
- rhythm: the times from one beginning of a note to the next, as logarithms. Unlike moments, these
  have a middle when tempi differ, too. Where one of the two has no notes, it is the strokes' times
  (`BEAT`): of bowed and blown notes, hardly a stroke is heard.

The whole is the mean of those that both ends have, each divided by what it is between clips that
have nothing to do with each other: so an aspect in which A and B are alike weighs little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.morph.heard import STFT, Heard, apart
from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Values

TIMBRE, PITCH, RHYTHM, BEAT = "timbre", "pitch", "rhythm", "beat"
OF_NOTES, OF_DRUMS = (TIMBRE, PITCH, RHYTHM), (TIMBRE, BEAT)
#: Octaves between ends of different pairs: the medians on the tuning half.
USUAL = {TIMBRE: 0.67, PITCH: 0.75, RHYTHM: 0.61, BEAT: 0.49}
LOWEST_HZ, HIGHEST_HZ, BANDS_PER_OCTAVE = 50.0, 14_000.0, 3
LOUDNESS = 0.3  # exponent of power
FEWEST = 3  # strokes or notes of which there is a distribution

Weighted = tuple[Values, Values]
"""Places on the line, and what is there."""


def distances(a: Heard, b: Heard, aspects: tuple[str, ...]) -> dict[str, float]:
    """Of each aspect that both have, in octaves."""
    found = {}
    for aspect in aspects:
        one, two = _DISTRIBUTIONS[aspect](a), _DISTRIBUTIONS[aspect](b)
        if one is not None and two is not None:
            found[aspect] = moved(one, two)
    return found


def distance(a: Heard, b: Heard, aspects: tuple[str, ...]) -> float:
    """The mean over ``aspects``, in usual distances.

    An aspect that only one of the two has (in the other, no note is heard) is a usual distance; one
    that neither has does not count.
    """
    found = distances(a, b, aspects)
    sizes = []
    for it in aspects:
        if it in found:
            sizes.append(found[it] / USUAL[it])
        elif _DISTRIBUTIONS[it](a) is not None or _DISTRIBUTIONS[it](b) is not None:
            sizes.append(1.0)
    return float(np.mean(sizes)) if sizes else 0.0


def aspects_of(a: Heard, b: Heard, *, drums: bool) -> tuple[str, ...]:
    """Those that both ends have, with which their middle can be looked for."""
    return tuple(distances(a, b, OF_DRUMS if drums else OF_NOTES))


def moved(one: Weighted, two: Weighted) -> float:
    """The Wasserstein distance of order 1."""
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(one[0], two[0], one[1], two[1]))


def timbre(sound: Heard) -> Weighted | None:
    """Loudness by frequency, in octaves; None of a silence."""
    loudness = (sound.powers.mean(axis=0, dtype=np.float64) @ BANK) ** LOUDNESS
    places = np.arange(loudness.size) / BANDS_PER_OCTAVE
    return (places, loudness) if loudness.sum() > 0 else None


def pitch(sound: Heard) -> Weighted | None:
    """How long which pitch sounds, in octaves; None if hardly a note is heard."""
    if len(sound.notes) < FEWEST:
        return None
    places = np.array([it.pitch / 12 for it in sound.notes])
    return places, np.array([max(it.seconds, 1e-3) for it in sound.notes])


def rhythm(sound: Heard) -> Weighted | None:
    """Times between beginnings of notes, in octaves; None if there is hardly a note."""
    return _times(apart([it.start for it in sound.notes]))


def beat(sound: Heard) -> Weighted | None:
    """Times from stroke to stroke, in octaves; None if there is hardly one."""
    return _times(sound.strokes)


def _times(seconds: Values) -> Weighted | None:
    if len(seconds) < FEWEST:
        return None
    places = np.log2(np.diff(seconds))
    return places, np.ones(places.size)


_DISTRIBUTIONS = {TIMBRE: timbre, PITCH: pitch, RHYTHM: rhythm, BEAT: beat}


def _bank() -> NDArray[np.float64]:
    """Which bins make which band, ``[bins, bands]``: triangles that overlap by half."""
    hz = np.arange(STFT.size // 2 + 1) * RATE / STFT.size
    place = BANDS_PER_OCTAVE * np.log2(np.maximum(hz, 1.0) / LOWEST_HZ)
    count = int(BANDS_PER_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ))
    return np.maximum(1 - np.abs(place[:, None] - np.arange(count)), 0.0)


BANK = _bank()
