"""Chains in the user's folder, for tests that use them by their names."""

from __future__ import annotations

from pathlib import Path

from presets.chain_files import catalogue

HALL = """
label = "A hall"
[[effects]]
type = "HighpassFilter"
cutoff_frequency_hz = 80
[[effects]]
type = "Reverb"
wet_level = 0.3
"""

VIOLIN = """
[[effects]]
type = "StyleTransfer"
preset = "violin"
strength = 0.9
[[effects]]
type = "Gain"
gain_db = -6
"""


def add_chain(name: str, text: str) -> Path:
    """Put a chain into the user's folder. Returns its file."""
    folder = catalogue.user_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_plugin(path: Path | str, more: str = "") -> str:
    """The text of a chain that has a plugin between two native effects."""
    return (
        '[[effects]]\ntype = "Gain"\ngain_db = 0\n'
        f'[[effects]]\ntype = "VST3Plugin"\npath = "{path}"\n{more}\n'
        '[[effects]]\ntype = "Gain"\ngain_db = 0\n'
    )
