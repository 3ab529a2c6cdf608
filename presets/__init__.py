"""Styles to choose by name: every General MIDI instrument, drum kits, sounds, and the user's own.

>>> import presets
>>> presets.get("violin").family
'Strings'
>>> presets.from_program(73).name
'flute'

A preset is a folder with a sound and a text file (`presets.preset`); `presets.user` manages the
user's own. Importing this loads nothing heavy.
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
from presets.preset import BrokenPreset, Preset, PresetError, UnknownPreset

__distribution__ = "restyle"  # not another's: `restyle.ours` looks for it

__all__ = [
    "BrokenPreset",
    "Preset",
    "PresetError",
    "UnknownPreset",
    "broken",
    "by_family",
    "every",
    "from_program",
    "get",
    "in_order",
    "names",
    "slug",
    "suggestions",
    "user_folder",
]
