"""Drums by their keys in General MIDI: those by which strokes are named."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KICK, SNARE, CLOSED_HAT, LOW_TOM, OPEN_HAT, HIGH_TOM, CRASH, RIDE = 36, 38, 42, 45, 46, 50, 49, 51

NAMES: Mapping[int, str] = MappingProxyType(
    {
        KICK: "kick",
        SNARE: "snare",
        CLOSED_HAT: "closed hi-hat",
        LOW_TOM: "low tom",
        OPEN_HAT: "open hi-hat",
        CRASH: "crash cymbal",
        HIGH_TOM: "high tom",
        RIDE: "ride cymbal",
    }
)


def drum_name(key: int) -> str:
    """The name of a drum, or its key's number."""
    return NAMES.get(key, f"drum {key}")
