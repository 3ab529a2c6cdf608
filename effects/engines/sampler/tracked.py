"""A grain whose pitch has been followed: where its periods are, and how alike they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.instrument import Grain
from effects.notes.pitch_line import HOP_SECONDS, RATE, follow
from effects.signal.arrays import Values
from effects.signal.units import midi_to_hz


@dataclass(frozen=True)
class Settings:
    """Numbers of this module: as in the first design that worked, and not searched."""

    #: A grain's pitch is looked for so many semitones around its note's.
    range_semitones: float = 6.0
    #: It may waver by so many semitones, or be off when it begins; what is further off is an error.
    near_semitones: float = 3.0
    #: So many seconds from its beginning it has no pitch yet.
    unsure_seconds: float = 0.01
    #: So many frames beyond a grain's end, its pitch stays.
    frames_after: int = 200
    #: Points of a period that are compared with the next.
    points: int = 64
    #: No pitch is looked for above this share of the rate of `effects.notes.pitch_line`.
    highest_share: float = 0.45


SETTINGS = Settings()


@dataclass(frozen=True)
class TrackedGrain:
    """A grain and where its periods are.

    Attributes:
        grain: the grain.
        pitch: of most of it, as a MIDI number.
        periodic: correlation of each of its periods with the next.
        halved: correlation of the halves of its periods.
        hz: its frequency at every `HOP_SECONDS` from its first sample on, well beyond its end.
    """

    grain: Grain
    pitch: float
    periodic: float
    halved: float
    hz: Values

    @classmethod
    def of(cls, grain: Grain, sample_rate: float) -> TrackedGrain:
        """With the pitch of its line; where that is not near its note's, with its note's."""
        around = SETTINGS.range_semitones
        low, high = (float(midi_to_hz(grain.pitch + it)) for it in (-around, around))
        highest = min(high, SETTINGS.highest_share * RATE)
        line = follow(grain.audio, sample_rate, lowest_hz=low, highest_hz=highest)
        frames = np.arange(len(line.pitch))
        times = frames * HOP_SECONDS - grain.lead / sample_rate
        unsure = SETTINGS.unsure_seconds
        inside = (times > unsure) & (times < max(grain.seconds, 2 * unsure))
        pitch = np.where(inside, line.pitch, np.nan)
        near = np.flatnonzero(np.abs(pitch - grain.pitch) < SETTINGS.near_semitones)
        known = np.full(len(frames) + SETTINGS.frames_after, grain.pitch)
        if near.size:
            known = np.interp(np.arange(len(known)), near, pitch[near])
        hz = midi_to_hz(known)
        return cls(grain, float(np.median(known)), *_alike(grain, hz, sample_rate), hz)


def periods_at(hz: Values, seconds: Values) -> Values:
    """How many periods there are from the beginning of a grain to these times: the integral of
    its frequency ``hz``, which is known at every `HOP_SECONDS`, by the trapezoidal rule.
    """
    grid = np.arange(len(hz)) * HOP_SECONDS
    total = np.concatenate([[0.0], np.cumsum((hz[1:] + hz[:-1]) / 2)]) * HOP_SECONDS
    found: Values = np.interp(seconds, grid, total)
    return found


def _alike(grain: Grain, hz: Values, sample_rate: float) -> tuple[float, float]:
    """Correlations of a note's periods with the next, and of their halves.

    The note is read at the same number of points in each period, however long that is.
    """
    points = SETTINGS.points
    times = np.arange(grain.audio.size) / sample_rate
    periods = periods_at(hz, times)
    first, last = np.interp([0, grain.seconds], times - grain.lead / sample_rate, periods)
    wave = np.interp(np.arange(first, last, 1 / points), periods, grain.audio)

    def correlation(lag: int) -> float:
        here, there = wave[:-lag], wave[lag:]
        return float(here @ there / max(math.sqrt(here @ here * (there @ there)), 1e-12))

    return (correlation(points), correlation(points // 2)) if wave.size > points else (0.0, 0.0)
