"""Styles to choose by name: every General MIDI instrument, drum kits, sounds, and the user's own.

>>> import presets
>>> presets.get("violin").family
'Strings'
>>> presets.from_program(73).name
'flute'

A preset is a folder with a sound and a text file (`presets.preset`); `presets.user` manages the
user's own. A chain is a text file that names several effects (`presets.chain_files`). Importing
this loads nothing heavy.
"""

from presets.catalogue import (
    broken,
    by_family,
    every,
    from_program,
    get,
    in_order,
    names,
    slug,
    suggestions,
    user_folder,
)
from presets.chain_files.catalogue import every as chains
from presets.chain_files.catalogue import get as chain
from presets.chain_files.chain import BrokenChain, Chain, ChainError, UnknownChain
from presets.preset import BrokenPreset, Preset, PresetError, UnknownPreset

__distribution__ = "restyle"  # not another's: `restyle.ours` looks for it

__all__ = [
    "BrokenChain",
    "BrokenPreset",
    "Chain",
    "ChainError",
    "Preset",
    "PresetError",
    "UnknownChain",
    "UnknownPreset",
    "broken",
    "by_family",
    "chain",
    "chains",
    "every",
    "from_program",
    "get",
    "in_order",
    "names",
    "slug",
    "suggestions",
    "user_folder",
]
