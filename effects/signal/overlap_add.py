"""A signal put together from overlapping stretches."""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Audio, Mono


class OverlapAdder:
    """Adds up stretches in order, and divides by the sum of their windows' weights.

    Args:
        like: an array with the signal's shape and type, ``[channels, samples]``.
        begin: the sample at which the first stretch begins; 0 or less.
        gain: the result is multiplied by it.
        out: where the result is written; by default a new array. It may be the signal from which
            the stretches are made, if each stretch is made when those before it were added.
    """

    def __init__(self, like: Audio, *, begin: int, gain: float, out: Audio | None = None) -> None:
        self._out = np.zeros_like(like) if out is None else out
        self._at, self._gain = begin, gain
        self._sum = np.zeros((len(like), 0), np.float32)
        self._weights = np.zeros(0, np.float32)

    def add(self, total: Audio, weights: Mono, *, finished: int) -> None:
        """Add a stretch; the next one begins ``finished`` samples later.

        Args:
            total: the sum of windowed frames, ``[channels, n]``; overwritten.
            weights: the sum of their squared windows, ``[n]``; overwritten.
            finished: how many samples, from the first on, no later stretch reaches.
        """
        overlap = min(self._sum.shape[1], total.shape[1])
        total[:, :overlap] += self._sum[:, :overlap]
        weights[:overlap] += self._weights[:overlap]
        self._write(total[:, :finished], weights[:finished])
        self._sum, self._weights = total[:, finished:], weights[finished:]

    def finish(self) -> Audio:
        """The whole signal."""
        self._write(self._sum, self._weights)
        return self._out

    def _write(self, total: Audio, weights: Mono) -> None:
        signal = (total / weights) * self._gain
        start, stop = max(self._at, 0), min(self._at + signal.shape[1], self._out.shape[1])
        if stop > start:
            self._out[:, start:stop] = signal[:, start - self._at : stop - self._at]
        self._at += signal.shape[1]
