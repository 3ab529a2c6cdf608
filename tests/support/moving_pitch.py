"""Sounds whose pitch moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
Values = NDArray[np.float64]


def seconds(length: float) -> Values:
    return np.arange(round(length * RATE)) / RATE


def tone(pitch: Values, level: float | Values = 0.1, harmonics: int = 10) -> NDArray[np.float32]:
    """Harmonics along a pitch."""
    turns = np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    sound = sum(np.sin(2 * np.pi * n * turns) / n for n in range(1, harmonics + 1))
    return np.asarray(sound * level, np.float32)
