"""Strokes, sounds without a pitch: where they are in a clip, how bright and how loud.

In place of a pitch, a stroke has a brightness: the spectral centroid on a logarithmic axis, as a
MIDI number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from effects.engines.sampler.onsets import Onset, onsets
from effects.notes.note import Note
from effects.signal.arrays import Sound, energy
from effects.signal.loudness import k_weighting, peak
from effects.signal.units import db_to_amplitude


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Shortest and longest stroke, in seconds.
    shortest_seconds: float = 0.001
    longest_seconds: float = 2.0
    #: Notes that start within this many seconds are one stroke.
    together_seconds: float = 0.03
    #: There is surely a stroke where levels rise by this much, in dB. With 3, strokes explain as
    #: much of the power of noise, waves, applause and tunes as those of librosa did, with which
    #: `effects.engines.sampler.learn` and `effects.engines.sampler.plan` were made.
    sure_rise_db: float = 3.0
    #: What sounds within this many seconds from the start of a stroke counts as the stroke's sound.
    soon_seconds: float = 0.4
    #: Strokes that are softer than the loudest by more than this, in dB, are dropped.
    faint_db: float = 50.0
    #: Levels of the colour are raised by this much per band, in dB, towards the highest, since high
    #: frequencies sound louder. Best of 0, 0.5, 1 and 1.5, by how often a kick is played by a kick,
    #: a snare by a snare and a hat by a hat.
    colour_tilt_db: float = 1.0
    #: Bands that are this far below the whole, in dB, are not heard. Best of 15, 20, 25 and 30.
    colour_floor_db: float = 25.0
    #: A clip with a lower peak is silent.
    silent: float = 1e-9


SETTINGS = Settings()


@dataclass(frozen=True, order=True)
class Stroke(Note):
    """One stroke of a clip, with its brightness in place of a pitch.

    Attributes:
        colour: the levels of its bands in dB below their sum, from the lowest band on.
        clear: the share of what sounds at its beginning that is its own, 0 to 1.
    """

    colour: tuple[float, ...] = field(compare=False)
    clear: float = field(compare=False)


Levels = Callable[[Onset], float]
"""Measures the level of a stroke."""


def root_mean_square(onset: Onset) -> float:
    """The root mean square of a stroke's beginning, without what rings on under it."""
    return float(np.sqrt(onset.power.sum()))


def k_weighted(onset: Onset) -> float:
    """The same after the K-weighting of ITU-R BS.1770, which shows how loud strokes are."""
    return float(np.sqrt((onset.power * k_weighting(onset.hz)).sum()))


def strokes(audio: Sound, sample_rate: float, level: Levels = root_mean_square) -> list[Stroke]:
    """The strokes of a clip, each until the next, with their brightness in place of a pitch.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: in Hz.
        level: how to measure the strokes' levels.
    """
    if peak(audio) < SETTINGS.silent:
        return []
    heard = onsets(audio, sample_rate)
    ends = [*(it.seconds for it in heard[1:]), audio.shape[0] / sample_rate]
    found = [
        Stroke(
            start=it.seconds,
            end=min(end, it.seconds + SETTINGS.longest_seconds),
            pitch=it.brightness,
            level=level(it),
            confidence=min(it.rise / SETTINGS.sure_rise_db, 1.0),
            colour=_colour(it),
            clear=it.clear,
        )
        for it, end in zip(heard, ends, strict=True)
        if end - it.seconds > SETTINGS.shortest_seconds
    ]
    loudest = max((it.level for it in found), default=0.0)
    return [it for it in found if it.level > loudest * db_to_amplitude(-SETTINGS.faint_db)]


def _colour(onset: Onset) -> tuple[float, ...]:
    """See `Stroke.colour`."""
    tilt = SETTINGS.colour_tilt_db * np.arange(onset.attack.size)
    power = onset.attack * 10 ** (tilt / 10)
    share = power / max(float(power.sum()), 1e-300)
    levels = 10 * np.log10(share + 10 ** (-SETTINGS.colour_floor_db / 10))
    return tuple(float(it) for it in levels)


def struck(audio: Sound, sample_rate: float, found: Sequence[Note]) -> float:
    """The share of a clip's power that sounds soon after its sure strokes, from 0 to 1."""
    near, reached = 0.0, 0
    for start in sorted(it.start for it in found if it.confidence == 1):
        first = round(start * sample_rate)
        stop = first + round(SETTINGS.soon_seconds * sample_rate)
        near += energy(audio[max(first, reached) : max(stop, reached)])
        reached = max(stop, reached)
    return min(near / max(energy(audio), 1e-300), 1.0)
