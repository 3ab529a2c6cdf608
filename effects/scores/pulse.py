"""Where the beats of a piece are, and how they make bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Beats that leave the straight line through them by no more than this are one tempo, in seconds:
#: a beat that was heard is off by some 10 ms. Not searched.
STEADY_SECONDS = 0.025


@dataclass(frozen=True)
class Pulse:
    """The beats of a piece.

    Attributes:
        beats: when they are, in seconds, rising; at least two.
        first_bar: which beat begins the first bar.
        beats_per_bar: 4 in 4/4, 3 in 3/4, 2 in 6/8, whose beats are dotted quarters.
        parts: into how many notes a beat is divided: 2, or 3 in 6/8.
    """

    beats: tuple[float, ...]
    first_bar: int = 0
    beats_per_bar: int = 4
    parts: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "beats", tuple(self.beats))  # JSON has lists

    @property
    def bpm(self) -> float:
        """Beats a minute: of the straight line through the beats."""
        return 60 / self._line()[0]

    @property
    def meter(self) -> str:
        """As on a score: ``"4/4"``, ``"3/4"``, ``"6/8"``."""
        return f"{self.beats_per_bar * 3}/8" if self.parts == 3 else f"{self.beats_per_bar}/4"

    @property
    def steady(self) -> bool:
        """Whether one tempo is enough for all beats."""
        slope, first = self._line()
        apart = np.array(self.beats) - (first + slope * np.arange(len(self.beats)))
        return float(np.abs(apart).max()) <= STEADY_SECONDS

    @property
    def straight(self) -> tuple[float, ...]:
        """The beats on the straight line through them, if they are steady; else as they are."""
        if not self.steady:
            return self.beats
        slope, first = self._line()
        return tuple(float(first + slope * it) for it in range(len(self.beats)))

    def _line(self) -> tuple[float, float]:
        """Seconds per beat, and when the first one is."""
        slope, first = np.polyfit(np.arange(len(self.beats)), self.beats, 1).tolist()
        return slope, first
