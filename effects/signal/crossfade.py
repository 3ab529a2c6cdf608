"""A crossfade between several sounds of the same length.

Halfway between two unlike sounds, their mean is some 3 dB softer than either, because they partly
cancel. The lost power is measured and restored. For sounds x with weights w that sum to 1, it is

    Σ w x² - (Σ w x)².

For sounds of equal power that have nothing in common, it is 1 - Σ w² of that power: 0 where one
sound plays alone, 1/2 halfway between two. A sound that plays alone is left as it is, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Audio
from effects.signal.envelope import STRETCH, Envelope
from effects.signal.loudness import step_sums

#: The time from one measurement of power, and one node of the gain, to the next. Not searched.
HOP_SECONDS = 0.005
#: The lost power is measured over this time. Not searched.
SMOOTH_SECONDS = 0.4
#: At most this share of the power is restored, with a gain of 6 dB. If more is lost, two sounds are
#: opposite, and little is left of them. Not searched.
MOST_LOST = 0.75


class Blend:
    """Adds up weighted sounds, and restores the power that is lost.

    Args:
        channels: their number.
        samples: the length of the sounds.
        sample_rate: in Hz.
        weights: one for each sound; at any time they sum to 1.
    """

    def __init__(
        self, channels: int, samples: int, sample_rate: float, weights: Iterable[Envelope]
    ) -> None:
        self.hop = max(round(HOP_SECONDS * sample_rate), 1)
        self._step = STRETCH // self.hop * self.hop or self.hop  # samples at a time
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
            sums = step_sums(weights * part.astype(np.float64) ** 2, self.hop)
            self._power[first // self.hop :][: len(sums)] += sums

    def finish(self) -> Audio:
        """The blend, ``[channels, samples]``."""
        if self._mixed.any():
            Envelope(self._nodes, self._makeup()).scale(self._out)
        return self._out

    def _makeup(self) -> NDArray[np.float64]:
        """The gain at the nodes.

        The lost power is about ``mixed`` times a function that varies slowly: how unlike the sounds
        are. Smoothing both sides gives that function, and the gain follows the weights without
        delay.
        """
        starts = range(0, self._out.shape[1], self._step)
        parts = (self._out[:, at : at + self._step] for at in starts)
        blended = [step_sums(part.astype(np.float64) ** 2, self.hop) for part in parts]
        lost = np.maximum(self._power - np.concatenate(blended), 0)
        mixed = (self._mixed[:-1] + self._mixed[1:]) / 2
        lost, expected = self._smooth(lost), self._smooth(mixed * self._power)
        unlike = np.divide(lost, expected, out=np.zeros_like(lost), where=expected > 0)
        unlike = np.append(unlike, unlike[-1])
        return np.asarray(1 / np.sqrt(1 - np.minimum(self._mixed * unlike, MOST_LOST)))

    def _smooth(self, blocks: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each block, the sum over the blocks around it.

        scipy.ndimage would keep a running sum, whose rounding looks like a loss where there is
        none.
        """
        width = 2 * self._reach + 1
        padded = np.pad(blocks, self._reach)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).sum(axis=1))
