"""The board that users make, load and save: effects in a row, with a tail and a progress."""

from __future__ import annotations

from effects.boards.containers import Pedalboard

__all__ = ["Pedalboard"]
