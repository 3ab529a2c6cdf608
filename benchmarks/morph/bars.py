"""The bars that a morph must reach, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.morph.judge import Result


@dataclass(frozen=True)
class Bar:
    """What must be reached.

    Attributes:
        name: of the line.
        figure: of `benchmarks.morph.judge.FIGURES`.
        low: the least mean that is good enough.
        high: the most.
        drums: of which pairs: those with drums, those without, or all (None).
        digits: after the point.
    """

    name: str
    figure: str
    low: float = -np.inf
    high: float = np.inf
    drums: bool | None = None
    digits: int = 2

    def of(self, results: Sequence[Result]) -> float:
        """The mean over all pairs that have the figure; NaN if none has."""
        values = [
            it.figures.get(self.figure, np.nan)
            for it in results
            if self.drums is None or it.drums == self.drums
        ]
        values = [it for it in values if not np.isnan(it)]
        return float(np.mean(values)) if values else float("nan")

    def reached(self, value: float) -> bool:
        """Whether a mean is good enough, as it is shown: rounded."""
        return self.low <= round(value, self.digits) <= self.high

    @property
    def text(self) -> str:
        """The bar itself."""
        if np.isinf(self.low):
            return f"{self.high:g}"
        return f"from {self.low:g}" if np.isinf(self.high) else f"{self.low:g}-{self.high:g}"


#: From issue 19.
BARS = (
    Bar("ends: dB from A at 0 and B at 1", "end", high=0.5, digits=1),
    Bar("place: off where X says", "place", high=0.05, drums=False),
    Bar("place, with drums", "place", high=0.10, drums=True),
    Bar("largest step over mean step", "jump", high=1.3),
    Bar("voices over the ends'", "voices", 0.95, 1.1),
    Bar("strokes over the ends'", "strokes", 0.9, 1.1),
    Bar("layered", "layered", high=0.15),
    Bar("kept", "kept", low=0.98),
    Bar("out of key", "out of key", high=0.01),
    Bar("gaps", "gaps", high=0.01),
    Bar("noise, dB", "noise", high=0.5, digits=1),
    Bar("CPU s per second after listening", "seconds", high=0.3),
)
