"""What DAWs' menus offer: presets by their families, and chains as one more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import presets

CHAINS = "Chains"  # the family; the scripts know it by this word


class Offer(NamedTuple):
    """A preset, or a chain, in a menu; the server is asked for it by its name."""

    name: str
    label: str
    family: str


def offers(known: Iterable[presets.Preset], chains: Iterable[presets.Chain]) -> list[Offer]:
    """Presets in the order of General MIDI, then chains in theirs."""
    found = [Offer(it.name, it.label, it.family) for it in presets.in_order(known)]
    return found + [Offer(it.name, it.label or it.name, CHAINS) for it in chains]
