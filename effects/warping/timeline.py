"""Where in a song each moment of a mashup comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effects.signal.arrays import Values


@dataclass(frozen=True)
class Passage:
    """A part of a song that goes on without a jump. Between two nodes, time runs evenly.

    Attributes:
        out_seconds: moments of the mashup, ``[nodes]``, rising, at least two: mostly its beats.
        song_seconds: which moments of the song are heard there, ``[nodes]``, rising.
    """

    out_seconds: Values
    song_seconds: Values


@dataclass(frozen=True)
class Timeline:
    """What is heard of a song in a mashup, and when. Between two passages it is silent.

    Attributes:
        passages: in order; each begins where the one before ends, or later.
        semitones: how much higher the song is played than it is.
    """

    passages: tuple[Passage, ...]
    semitones: int = 0

    def at(self, out_seconds: Values) -> Values:
        """Which moments of the song are heard at moments of the mashup; NaN for none."""
        found = np.full(np.shape(out_seconds), np.nan)
        for it in self.passages:
            inside = (out_seconds >= it.out_seconds[0]) & (out_seconds <= it.out_seconds[-1])
            found[inside] = np.interp(out_seconds[inside], it.out_seconds, it.song_seconds)
        return found

    @property
    def unchanged(self) -> bool:
        """Whether the song is played as it is: once, at its own tempo and pitch, from its start."""
        return (
            self.semitones == 0
            and len(self.passages) == 1
            and np.array_equal(self.passages[0].out_seconds, self.passages[0].song_seconds)
        )
