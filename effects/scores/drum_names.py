"""Drums by their keys in General MIDI: those by which strokes are named.

More than three are not told apart (`effects.engines.sampler.drum_keys`): toms count as snares,
cymbals as hi-hats.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KICK, SNARE, HAT = 36, 38, 42
NAMES: Mapping[int, str] = MappingProxyType({KICK: "kick", SNARE: "snare", HAT: "hi-hat"})


def drum_name(key: int) -> str:
    """The name of a drum; of other drums, its key."""
    return NAMES.get(key, f"key {key}")
