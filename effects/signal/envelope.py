"""Gains and weights that change over time, as piecewise-linear curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.signal.arrays import Audio, Values

Run = tuple[int, int, float]
"""The first sample, the last (exclusive), and the value from one to the other."""

STRETCH = 1 << 18  # samples at a time, to limit memory


class Envelope:
    """A piecewise-linear curve; constant before its first point and after its last.

    Args:
        at: the positions of the points in samples, rising.
        values: the values at these positions.
    """

    def __init__(self, at: Values, values: Values) -> None:
        self._at, self._values = at, values

    @classmethod
    def smoothed(cls, runs: Sequence[Run], fade: int) -> Envelope:
        """The running mean, over ``fade`` samples, of a function that is constant in each run.

        Each step becomes a ramp, half of it before the step and half after. Where steps are closer
        than that, their ramps add up. Envelopes of functions that sum to 1 sum to 1 themselves.

        Args:
            runs: at least one, in order, without overlap; the function is 0 elsewhere.
            fade: an even number of samples.
        """
        starts, stops, values = np.array(runs, np.float64).T
        sums = np.concatenate([[0.0], np.cumsum(values * (stops - starts))])
        edges, first = np.unique(np.stack([starts, stops], axis=1).ravel(), return_index=True)
        integral = np.stack([sums[:-1], sums[1:]], axis=1).ravel()[first]
        at = np.unique(np.concatenate([edges - fade / 2, edges + fade / 2]))
        # The mean over [t - fade/2, t + fade/2] is a difference of two values of the function's
        # integral. The integral is piecewise linear, with corners at the edges of the runs; so is
        # the mean, with corners half a fade before and after each edge.
        before, after = (np.interp(at + side, edges, integral) for side in (-fade / 2, fade / 2))
        # Rounded, so that 0 and 1 come out exactly.
        return cls(at, np.round((after - before) / fade, 9))

    def at(self, samples: Values) -> Values:
        """The values at ``samples``."""
        return np.interp(samples, self._at, self._values)

    def between(self, start: int, stop: int) -> Values:
        """The values at samples ``start`` to ``stop`` (exclusive)."""
        first = max(int(np.searchsorted(self._at, start, "right")) - 1, 0)
        last = int(np.searchsorted(self._at, stop - 1, "left")) + 1
        near = slice(first, last)
        return np.interp(np.arange(start, stop), self._at[near], self._values[near])

    def stretches(self, n: int, context: int = 0) -> list[tuple[int, int]]:
        """Where in ``n`` samples it is not 0, plus ``context`` samples on either side; merged."""
        starts = np.concatenate([[-np.inf], self._at])
        stops = np.concatenate([self._at, [np.inf]])
        ends = np.concatenate([self._values[:1], self._values, self._values[-1:]])
        used = ((ends[:-1] != 0) | (ends[1:] != 0)) & (stops > 0) & (starts < n)
        found: list[tuple[int, int]] = []
        for first, last in zip(starts[used], stops[used], strict=True):
            start, stop = int(max(first - context, 0)), int(min(last + context, n))
            if found and start <= found[-1][1]:
                start = found.pop()[0]
            found.append((start, stop))
        return found

    def scale(self, audio: Audio) -> None:
        """Multiply ``audio``, ``[channels, samples]``, by the envelope in place."""
        for start in range(0, audio.shape[1], STRETCH):
            part = audio[:, start : start + STRETCH]
            part[:] = part * self.between(start, start + part.shape[1])
