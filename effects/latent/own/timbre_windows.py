"""Windows of sounds with their scores, for the timbre's half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.latent.bands import FLOOR_DB, Bands
from effects.latent.roll import N_KEYS, WINDOW_STEPS, Roll

NO_LABEL = -1
_SHAPE = (WINDOW_STEPS, N_KEYS, 2)
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TimbreWindows:
    """Windows of sounds; those of a piece lie together, in order.

    Attributes:
        levels: ``[windows, FRAMES, BANDS]``, 0 (silence) to 255 (a piece's loudest).
        scores: their rolls, eight cells in a byte, ``[windows, 704]``.
        pieces: the number of the piece of each.
        labels: the number of the label of each, `NO_LABEL` where there is none.
    """

    levels: NDArray[np.uint8]
    scores: NDArray[np.uint8]
    pieces: Integers
    labels: Integers

    def __len__(self) -> int:
        """How many windows there are."""
        return len(self.levels)

    def bands(self, chosen: Integers) -> NDArray[np.float32]:
        """Levels of some windows, from 0 to 1."""
        return np.asarray(self.levels[chosen] / np.float32(255), np.float32)

    def levels_db(self, chosen: Integers) -> Bands:
        """The same in dB."""
        return np.asarray((self.bands(chosen) - 1) * np.float32(FLOOR_DB))

    def rolls(self, chosen: Integers) -> Roll:
        """Scores of some windows, ``[windows, 32, 88, 2]``."""
        return unpacked(self.scores[chosen])

    def neighbours(self, chosen: Integers, side: Integers) -> Integers:
        """Windows beside some, in the same piece: on the side, -1 or 1, or else on the other.

        A window that is alone in its piece is its own neighbour.
        """
        found = chosen.copy()
        for way in (-side, side):  # the second has the last word
            beside = np.clip(chosen + way, 0, len(self) - 1)
            there = (beside != chosen) & (self.pieces[beside] == self.pieces[chosen])
            found = np.where(there, beside, found)
        return found


def packed_levels(bands: Bands) -> NDArray[np.uint8]:
    """Levels in dB as bytes."""
    return np.round(255 * (bands / FLOOR_DB + 1)).clip(0, 255).astype(np.uint8)


def packed(roll: Roll) -> NDArray[np.uint8]:
    """Rolls of zeros and ones as bytes, ``[windows, 704]``."""
    return np.packbits(roll.reshape(len(roll), -1).astype(bool), axis=1)


def unpacked(scores: NDArray[np.uint8]) -> Roll:
    """The inverse of `packed`."""
    return np.unpackbits(scores, axis=1).reshape(-1, *_SHAPE).astype(np.float32)


def joined(parts: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8], int]]) -> TimbreWindows:
    """Pieces as windows; of each, its levels, its scores, and the number of its label."""
    counts = [len(levels) for levels, _, _ in parts]
    return TimbreWindows(
        np.concatenate([it[0] for it in parts]),
        np.concatenate([it[1] for it in parts]),
        np.repeat(np.arange(len(parts)), counts),
        np.repeat(np.array([it[2] for it in parts], np.int64), counts),
    )
