"""Gains and weights that change over time, as broken lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.signal.arrays import Audio, Values

Run = tuple[int, int, float]
"""From a sample, to a sample (exclusive), a value."""

STRETCH = 1 << 18  # samples worked on together: bounds the extra memory


class Envelope:
    """The broken line through points; constant before the first and after the last.

    Args:
        at: the points' places in samples, rising.
        values: there.
    """

    def __init__(self, at: Values, values: Values) -> None:
        self._at, self._values = at, values

    @classmethod
    def smoothed(cls, runs: Sequence[Run], fade: int) -> Envelope:
        """The running mean, over ``fade`` samples, of a function that is constant in each run.

        A step becomes a line, half of it before the step and half after. Steps that follow each
        other sooner than that become one broken line. Envelopes of functions that sum to 1 sum to
        1 themselves.

        Args:
            runs: in order and apart, at least one; the function is 0 elsewhere.
            fade: an even number of samples.
        """
        starts, stops, values = np.array(runs, np.float64).T
        sums = np.concatenate([[0.0], np.cumsum(values * (stops - starts))])
        edges, first = np.unique(np.stack([starts, stops], axis=1).ravel(), return_index=True)
        integral = np.stack([sums[:-1], sums[1:]], axis=1).ravel()[first]
        at = np.unique(np.concatenate([edges - fade / 2, edges + fade / 2]))
        # The mean over [t - fade/2, t + fade/2] is a difference of the function's integral, which
        # is a broken line with corners at the edges of the runs; so the mean is one, too, with
        # corners half a fade before and after each edge.
        before, after = (np.interp(at + side, edges, integral) for side in (-fade / 2, fade / 2))
        # Rounded, so that 0 and 1 are exactly that.
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
        """Where in ``n`` samples it is not 0, with ``context`` samples around; merged, in order."""
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
