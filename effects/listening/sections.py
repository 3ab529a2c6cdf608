"""Which bars begin a section."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BARS = 8  # of a section


def find_sections(n_bars: int) -> NDArray[np.intp]:
    """Which bars begin a section, ``[sections]``; the first is 0."""
    return np.arange(0, n_bars, BARS, dtype=np.intp)
