"""Grains made longer at the same pitch, by Rubber Band; and to another rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr  # type: ignore[import-untyped]
from pedalboard import time_stretch

from effects.signal.arrays import Mono


@dataclass(frozen=True)
class Settings:
    """What of a grain is stretched.

    docs/quality.md, "What each design gained", has what was compared: to stretch all of a note but
    for its attack, tail included, was better than to join a stretched note to its own tail. The
    numbers are as in the first design that worked, and were not searched.
    """

    #: How much of a note, in seconds from its beginning, is never stretched.
    attack_seconds: float = 0.06
    #: The attack is joined to the rest over so many seconds.
    join_seconds: float = 0.01
    #: If the attack is more than this share of a grain's note, all of the note is stretched.
    most_attack: float = 0.6
    #: Nothing becomes so many times longer: at some thousand times, Rubber Band breaks down.
    most_stretched: float = 200.0
    #: Rates that differ by less than this share are taken for the same.
    same_rate: float = 1e-4


SETTINGS = Settings()


def stretched(audio: Mono, factor: float, sample_rate: float) -> Mono:
    """``audio``, ``[samples]``, ``factor`` times as long."""
    longer: Mono = time_stretch(audio[None], sample_rate, stretch_factor=1 / factor)[0]
    missing = round(audio.size * factor) - longer.size
    filled: Mono = np.append(longer, np.zeros(max(missing, 0), np.float32))
    return filled


def stretched_after(sound: Mono, attack: int, factor: float, sample_rate: float) -> Mono:
    """``factor`` times as long from sample ``attack`` on; what is before stays as it is.

    The two are joined by a crossfade. The stretched part begins before ``attack``, by the length of
    the crossfade; what that has become longer by is dropped.
    """
    join = min(round(SETTINGS.join_seconds * sample_rate), attack)
    rest = stretched(sound[attack - join :], factor, sample_rate)
    if not join:
        return rest
    rest = rest[max(round(join * factor) - join, 0) :]
    ramp = np.linspace(0, 1, join, dtype=np.float32)
    joined = sound[attack - join : attack] * (1 - ramp) + rest[:join] * ramp
    return np.concatenate([sound[: attack - join], joined, rest[join:]])


def resampled(audio: Mono, rate: float, wanted: float) -> Mono:
    """A copy of ``audio`` from ``rate`` to the rate ``wanted``, both in Hz."""
    if abs(rate / wanted - 1) < SETTINGS.same_rate:
        return audio.copy()
    return np.array(soxr.resample(audio, rate, wanted), np.float32)
