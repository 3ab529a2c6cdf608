"""What can be chosen for a morph."""

from __future__ import annotations

import os
from dataclasses import dataclass

from effects.learned.weights import find_weights
from effects.morphing.at import At

METHODS = ("notes", "latent", "both")
"""Where the notes of the middle come from: notes moved, the latent alone, or notes moved as the
latent likes it."""
TEMPOS = ("between", "own")


@dataclass(frozen=True, kw_only=True)
class Options:
    """See `effects.morph.Morph` for what they mean.

    Raises:
        TypeError: one is of a wrong type.
        ValueError: one is out of range.
        FileNotFoundError, IsADirectoryError: there are no such weights, or no such MIDI file.
    """

    at: float | str | At = 0.5
    method: str = "notes"
    tempo: str = "between"
    seconds: float | None = None  # of the result; None for the longer piece's
    seed: int = 0
    weights: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}.")
        if self.tempo not in TEMPOS:
            raise ValueError(f"tempo must be one of {', '.join(TEMPOS)}, not {self.tempo!r}.")
        if self.seconds is not None and not 0 < self.seconds < 86400:
            raise ValueError("The length must be more than 0 seconds, and less than a day.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError("seed must be a whole number from 0 up.")
        if self.weights is not None:
            find_weights(self.weights)
        At.of(self.at, 1.0)
