"""Which sounds the effects take: the rates and channels that they are tested with."""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Sound
from presets.sound_file.header import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ

STRETCH = 1 << 20  # samples that are looked at together: 1 MB of truth values a channel


def check_rate(what: str, sample_rate: float) -> None:
    """Raise ValueError, whose message begins with ``what``, unless the rate, in Hz, is in range."""
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise ValueError(
            f"{what} takes {MIN_RATE_HZ // 1000} to {MAX_RATE_HZ // 1000} kHz, not "
            f"{sample_rate:g} Hz: resample it first."
        )


def check_channels(what: str, channels: int) -> None:
    """Raise ValueError, whose message begins with ``what``, if there are too many channels."""
    if channels > MAX_CHANNELS:
        raise ValueError(
            f"{what} takes up to {MAX_CHANNELS} channels, not {channels}: restyle them in groups."
        )


def check_finite(what: str, audio: Sound) -> None:
    """Raise ValueError, whose message begins with ``what``, if NaN or infinity is in the audio.

    ``audio``: ``[channels, samples]``; it may be made stretch by stretch.
    """
    for start in range(0, audio.shape[1], STRETCH):
        if not np.isfinite(audio[:, start : start + STRETCH]).all():
            raise ValueError(f"{what} holds NaN or infinity: export it again.")
