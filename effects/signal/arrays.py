"""The arrays that sound is kept in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
"""Samples of a clip, ``[channels, samples]``."""
Mono = NDArray[np.float32]
"""Samples of one channel, ``[samples]``."""
Values = NDArray[np.float64]
"""Numbers that are computed with: times, pitches, levels."""
