"""A sound that passes between several others of the same length.

Halfway between two unlike sounds, their mean is some 3 dB softer than either, because parts of them
cancel. What is lost is measured and made up for. For sounds x with weights w that sum to 1, the
power that is lost is

    Σ w x² - (Σ w x)².

For sounds of equal power that have nothing in common, it is 1 - Σ w² of that power: 0 where one
sound is alone, 1/2 halfway between two. A sound that is alone is left as it is, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Audio
from effects.signal.envelope import STRETCH, Envelope

#: Powers are measured, and gains have nodes, at this distance. Not searched.
HOP_SECONDS = 0.005
#: Cancellation is measured over this time. Not searched.
SMOOTH_SECONDS = 0.4
#: The largest share of the power that is made up for: 6 dB. If more is lost, two sounds are
#: opposite, and little is left of them. Not searched.
MOST_LOST = 0.75


class Blend:
    """Adds up sounds by their weights.

    Args:
        channels: how many there are.
        samples: the length.
        sample_rate: in Hz.
        weights: one for each sound; at any time they sum to 1.
    """

    def __init__(
        self, channels: int, samples: int, sample_rate: float, weights: Iterable[Envelope]
    ) -> None:
        self.hop = max(round(HOP_SECONDS * sample_rate), 1)
        self._step = STRETCH // self.hop * self.hop or self.hop  # samples worked on together
        self._reach = round(SMOOTH_SECONDS / 2 * sample_rate / self.hop)
        self._out = np.zeros((channels, samples), np.float32)
        n_blocks = -(-samples // self.hop)
        self._nodes = np.arange(n_blocks + 1, dtype=np.float64) * self.hop
        self._power = np.zeros(n_blocks)
        squares = sum(
            (envelope.at(self._nodes) ** 2 for envelope in weights), np.zeros(n_blocks + 1)
        )
        # How much is mixed, whatever the sounds: 0 where one is alone, 1/2 between two.
        self._mixed = np.maximum(1 - squares, 0)

    def add(self, sound: Audio, start: int, weight: Envelope) -> None:
        """Add ``sound``, which begins at sample ``start``, a multiple of `hop`."""
        step = self._step
        for at in range(0, sound.shape[1], step):
            part = sound[:, at : at + step]
            first = start + at
            weights = weight.between(first, first + part.shape[1])
            self._out[:, first : first + part.shape[1]] += weights * part
            self._power[first // self.hop :][: -(-part.shape[1] // self.hop)] += self._sums(
                weights * part.astype(np.float64) ** 2
            )

    def finish(self) -> Audio:
        """The blend, ``[channels, samples]``."""
        if self._mixed.any():
            Envelope(self._nodes, self._makeup()).scale(self._out)
        return self._out

    def _makeup(self) -> NDArray[np.float64]:
        """The gain at the nodes.

        What is lost is near to ``mixed`` times a slow function of time, how unlike the sounds are.
        That function is found by smoothing both sides. The gain then follows the weights at once.
        """
        starts = range(0, self._out.shape[1], self._step)
        parts = (self._out[:, at : at + self._step] for at in starts)
        blended = [self._sums(part.astype(np.float64) ** 2) for part in parts]
        lost = np.maximum(self._power - np.concatenate(blended), 0)
        mixed = (self._mixed[:-1] + self._mixed[1:]) / 2
        lost, expected = self._smooth(lost), self._smooth(mixed * self._power)
        unlike = np.divide(lost, expected, out=np.zeros_like(lost), where=expected > 0)
        unlike = np.append(unlike, unlike[-1])
        return np.asarray(1 / np.sqrt(1 - np.minimum(self._mixed * unlike, MOST_LOST)))

    def _sums(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums over all channels and every `hop` samples."""
        return np.add.reduceat(power.sum(0), np.arange(0, power.shape[1], self.hop))

    def _smooth(self, blocks: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums over the blocks around each.

        Not scipy.ndimage's, which keeps a running sum: its rounding would leave something lost
        where nothing is.
        """
        width = 2 * self._reach + 1
        padded = np.pad(blocks, self._reach)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).sum(axis=1))
