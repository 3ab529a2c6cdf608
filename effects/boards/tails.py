"""How long an effect sounds on after its input has ended."""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Audio
from effects.signal.units import db_to_amplitude

#: A board sounds on for at most this long: by guess, longer than halls do.
MOST_SECONDS = 60.0
#: Nothing above `SILENCE` for this long, and no more is to come: more than the 8 s that ZamDelay,
#: and other delays that were looked at, wait at most.
QUIET_SECONDS = 10.0
#: -90 dBFS: less than a step of 16 bits.
SILENCE = db_to_amplitude(-90.0)
#: A noise below -50 dBFS that has fallen by less than 2 dB in `QUIET_SECONDS` is what an effect
#: always makes, and no tail: GSMFullRateCompressor's is at -65 dBFS. Both by guess.
_IDLE, _STEADY = db_to_amplitude(-50.0), db_to_amplitude(-2.0)
#: A tail that has not ended after `MOST_SECONDS` fades out over its last second, so that it does
#: not click. By guess.
_FADE_SECONDS = 1.0


def last_sound(tail: Audio, sample_rate: float) -> int:
    """Where the last sample is that can be heard, from 1 on; 0 if there is none."""
    if tail.size == 0:
        return 0
    peaks = np.abs(tail).max(axis=0)
    return int(np.flatnonzero(peaks > _threshold(peaks, sample_rate)).max(initial=-1)) + 1


def has_ended(tail: Audio, sample_rate: float) -> bool:
    """Whether nothing more is to come."""
    return bool(tail.shape[1] - last_sound(tail, sample_rate) >= QUIET_SECONDS * sample_rate)


def _threshold(peaks: Audio, sample_rate: float) -> float:
    """What counts as silence: `SILENCE`, or a steady noise at the end of the tail."""
    quiet, second = round(QUIET_SECONDS * sample_rate), round(sample_rate)
    if peaks.size < quiet + second:
        return SILENCE
    before, loudest, now = (
        float(it.max()) for it in (peaks[-quiet:][:second], peaks[-quiet:], peaks[-second:])
    )
    if SILENCE < loudest < _IDLE and now > _STEADY * before:
        return loudest
    return SILENCE


def fade_out(audio: Audio, sample_rate: float) -> None:
    """Fade the end of a tail that was cut off, in place."""
    count = min(round(_FADE_SECONDS * sample_rate), audio.shape[1])
    if count:
        audio[:, -count:] *= np.linspace(1, 0, count, dtype=np.float32)
