"""Builds the library of presets from a soundfont: ``python -m presets.studio``."""
