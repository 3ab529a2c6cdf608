"""Strokes, sounds without a pitch: where they are in a clip, how bright and how loud.

In place of a pitch, a stroke has a brightness: the spectral centroid on a logarithmic axis, as a
MIDI number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.onsets import Onset, onsets
from effects.notes.note import Note
from effects.signal.arrays import Mono
from effects.signal.loudness import k_weighting
from effects.signal.units import db_to_amplitude


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Longest stroke, in seconds.
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
    #: A clip with a lower peak is silent.
    silent: float = 1e-9


SETTINGS = Settings()

Levels = Callable[[Onset], float]
"""Measures the level of a stroke."""


def root_mean_square(onset: Onset) -> float:
    """The root mean square of a stroke's beginning, without what rings on under it."""
    return float(np.sqrt(onset.power.sum()))


def k_weighted(onset: Onset) -> float:
    """The same after the K-weighting of ITU-R BS.1770, which shows how loud strokes are."""
    return float(np.sqrt((onset.power * k_weighting(onset.hz)).sum()))


def strokes(audio: Mono, sample_rate: float, level: Levels = root_mean_square) -> list[Note]:
    """The strokes of a clip, each until the next, with their brightness in place of a pitch.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: in Hz.
        level: how to measure the strokes' levels.
    """
    if np.abs(audio).max(initial=0) < SETTINGS.silent:
        return []
    heard = onsets(audio, sample_rate)
    ends = [*(it.seconds for it in heard[1:]), audio.size / sample_rate]
    found = [
        Note(
            it.seconds,
            min(end, it.seconds + SETTINGS.longest_seconds),
            it.brightness,
            level(it),
            min(it.rise / SETTINGS.sure_rise_db, 1.0),
        )
        for it, end in zip(heard, ends, strict=True)
    ]
    loudest = max((it.level for it in found), default=0.0)
    return [it for it in found if it.level > loudest * db_to_amplitude(-SETTINGS.faint_db)]


def struck(audio: Mono, sample_rate: float, found: Sequence[Note]) -> float:
    """The share of a clip's power that sounds soon after its sure strokes, from 0 to 1."""
    power = np.square(audio, dtype=np.float64)
    near = np.zeros(audio.size, np.bool_)
    for stroke in found:
        if stroke.confidence == 1:
            first = round(stroke.start * sample_rate)
            near[first : first + round(SETTINGS.soon_seconds * sample_rate)] = True
    return float(power[near].sum() / max(power.sum(), 1e-300))
