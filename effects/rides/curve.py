"""Where a parameter is when: steps, made smooth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.layers import Step, spans
from effects.signal.arrays import Values
from effects.signal.envelope import Envelope


def samples_of(fade_seconds: float, sample_rate: float) -> int:
    """How many samples a change takes: a multiple of 4."""
    return 4 * max(round(fade_seconds / 4 * sample_rate), 1)


class Curve:
    """A parameter's place over time.

    A step becomes an S: the running mean, twice, over half the time that it takes. A ramp alone
    would do for a mix of sounds, but of a gain in dB its corners can be heard.

    Args:
        steps: from which sample each place holds; the first is at 0.
        n: how many samples there are.
        fade: how many samples a change takes, half of them before its step and half after: a
            multiple of 4. 0 is for what changes at once.
    """

    def __init__(self, steps: Sequence[Step[float]], n: int, fade: int) -> None:
        self._at = np.array([at for at, _ in steps])
        self._places = np.array([place for _, place in steps], np.float64)
        self._fade = fade
        if fade:
            runs = [(*span, place) for span, place in spans(steps, n, 2 * fade)]
            sides = self._at[1:, None] + [-fade // 4, fade // 4]
            self._nodes = np.unique(np.concatenate([[-fade, n + fade], sides.ravel()]))
            ramps = Envelope.smoothed(runs, fade // 2).at(self._nodes)
            self._ramps = np.append(ramps, ramps[-1])
            areas = np.diff(self._nodes) * (ramps[1:] + ramps[:-1]) / 2
            self._areas = np.concatenate([[0.0], np.cumsum(areas)])

    @property
    def span(self) -> float:
        """How far it goes in all."""
        return float(np.ptp(self._places))

    @property
    def edges(self) -> Values:
        """The samples where something about it changes, in no order."""
        half = self._fade // 2
        return np.concatenate([self._at[1:] - half, self._at[1:] + half])

    @property
    def cuts(self) -> Values:
        """The samples where it changes at once."""
        return np.array([]) if self._fade else self._at[1:]

    def at(self, samples: Values) -> Values:
        """The places at samples; wherever nothing moves, exactly those of the steps."""
        held = self._places[np.maximum(np.searchsorted(self._at, samples, "right") - 1, 0)]
        if not self._fade:
            return held
        quarter = self._fade // 4
        mean = (self._area(samples + quarter) - self._area(samples - quarter)) / (2 * quarter)
        return np.where(self.moves(samples), mean, held)

    def moves(self, samples: Values) -> NDArray[np.bool_]:
        """Whether it is on its way from one place to the next at samples."""
        half, steps = self._fade // 2, np.append(self._at[1:], np.inf)
        return steps[np.searchsorted(steps, samples - half, "right")] < samples + half

    def _area(self, samples: Values) -> Any:
        """The integral of the ramps up to samples."""
        node = np.clip(np.searchsorted(self._nodes, samples, "right") - 1, 0, None)
        following = np.minimum(node + 1, len(self._nodes) - 1)
        beyond = samples - self._nodes[node]
        length = np.maximum(self._nodes[following] - self._nodes[node], 1)
        slope = (self._ramps[node + 1] - self._ramps[node]) / length
        return self._areas[node] + beyond * (self._ramps[node] + slope * beyond / 2)
