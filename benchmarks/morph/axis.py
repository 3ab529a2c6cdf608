"""Where the moments of A and B come in a morph, for figures that ask what is heard when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from effects.notes.note import Note
from effects.signal.arrays import Values

FOREVER = 1e6  # seconds


@dataclass(frozen=True)
class Axis:
    """Straight lines between moments; before the first and after the last, times run evenly.

    Attributes:
        song: moments of the clip, in seconds, rising.
        out: where in the morph they come, rising.
    """

    song: Sequence[float] = (-FOREVER, FOREVER)
    out: Sequence[float] = (-FOREVER, FOREVER)

    def to_out(self, seconds: Values | float) -> Values:
        """Where in the morph these moments of the clip come."""
        return _along(np.asarray(seconds, float), self.song, self.out)

    def to_song(self, seconds: Values | float) -> Values:
        """Which moments of the clip come there."""
        return _along(np.asarray(seconds, float), self.out, self.song)

    def moved(self, notes: Sequence[Note]) -> list[Note]:
        """Notes where they come in the morph."""
        return [
            replace(it, start=float(self.to_out(it.start)), end=float(self.to_out(it.end)))
            for it in notes
        ]


def _along(seconds: Values, here: Sequence[float], there: Sequence[float]) -> Values:
    before = np.minimum(seconds - here[0], 0.0)
    after = np.maximum(seconds - here[-1], 0.0)
    return np.asarray(np.interp(seconds, here, there) + before + after)
