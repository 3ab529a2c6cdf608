"""Types of arrays for sound, and for numbers about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
"""Samples of a clip, ``[channels, samples]``."""
Mono = NDArray[np.float32]
"""Samples of one channel, ``[samples]``."""
Values = NDArray[np.float64]
"""Numbers in double precision: times, pitches, levels."""
