"""Making grains longer at the same pitch (by Rubber Band), and resampling them.

Notes are held by `effects.engines.sampler.hold`; Rubber Band makes the grains longer that sing a
voice's line (`effects.engines.sampler.sing`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr  # type: ignore[import-untyped]
from pedalboard import time_stretch

from effects.signal.arrays import Mono


@dataclass(frozen=True)
class Settings:
    """Which part of a grain is stretched, and how.

    Stretching all of a note but its attack, tail included, was better than joining a stretched note
    to its unstretched tail (docs/quality.md, "What each design gained"). The numbers come from the
    first design that worked and were not searched, unless a comment says more.
    """

    #: Seconds from the start of a note that are never stretched.
    attack_seconds: float = 0.06
    #: Length of the crossfade from the attack to the rest, in seconds.
    join_seconds: float = 0.01
    #: If the attack is more than this share of the note, all of the note is stretched.
    most_attack: float = 0.6
    #: Highest factor. At some thousand times, Rubber Band breaks down.
    most_stretched: float = 200.0
    #: Rates that differ by a smaller share than this are the same.
    same_rate: float = 1e-4


SETTINGS = Settings()


def stretched(audio: Mono, factor: float, sample_rate: float) -> Mono:
    """``audio``, ``[samples]``, ``factor`` times as long."""
    longer: Mono = time_stretch(audio[None], sample_rate, stretch_factor=1 / factor)[0]
    missing = round(audio.size * factor) - longer.size
    filled: Mono = np.append(longer, np.zeros(max(missing, 0), np.float32))
    return filled


def stretched_after(sound: Mono, attack: int, factor: float, sample_rate: float) -> Mono:
    """``sound`` with what follows sample ``attack`` made ``factor`` times as long.

    A crossfade of n samples, which ends at ``attack``, joins the two parts. So the second part is
    stretched from n samples before ``attack`` on. These become ``factor`` n samples, of which only
    the last n are used.
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
    """A copy of ``audio``, brought from ``rate`` to the rate ``wanted``, both in Hz."""
    if abs(rate / wanted - 1) < SETTINGS.same_rate:
        return audio.copy()
    return np.array(soxr.resample(audio, rate, wanted), np.float32)
