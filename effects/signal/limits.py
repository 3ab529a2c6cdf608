"""Which sounds the effects take: the rates and channels that they are tested with."""

from __future__ import annotations

from presets.sound_file.header import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ


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
