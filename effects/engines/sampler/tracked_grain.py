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
    """The numbers of this module: from the first design that worked, not searched."""

    #: The pitch of a grain is looked for within this many semitones of its note's.
    range_semitones: float = 6.0
    #: A pitch that is further off than this, in semitones, is an error and not vibrato.
    near_semitones: float = 3.0
    #: Seconds from the start of a note in which it has no clear pitch yet.
    unsure_seconds: float = 0.01
    #: Frames after a grain's end in which its last pitch goes on.
    frames_after: int = 200
    #: Points in a period when periods are compared.
    points: int = 64
    #: Highest pitch that is looked for, as a share of the rate of `effects.notes.pitch_line`.
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
        """Follow a grain's pitch; if none is found near its note's pitch, take the note's."""
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
    """The number of periods from the start of a grain to these times.

    It is the integral of the frequency ``hz``, given at every `HOP_SECONDS`, by the trapezoidal
    rule.
    """
    grid = np.arange(len(hz)) * HOP_SECONDS
    total = np.concatenate([[0.0], np.cumsum((hz[1:] + hz[:-1]) / 2)]) * HOP_SECONDS
    found: Values = np.interp(seconds, grid, total)
    return found


def _alike(grain: Grain, hz: Values, sample_rate: float) -> tuple[float, float]:
    """How alike a note's periods are, and how alike the halves of its periods, as correlations.

    The wave is first resampled to a fixed number of points per period. Then it is compared with
    itself one period later, and half a period later.
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
