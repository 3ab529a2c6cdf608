"""From a clip to its latent and back: what the networks do, wherever they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.latent.bands import BANDS, FLOOR_DB, FRAMES, LOWEST_BAND, Bands, bands_of
from effects.latent.roll import Roll, roll_of
from effects.notes.note import Note
from effects.signal.arrays import Audio

__all__ = ["BANDS", "FRAMES", "LOWEST_BAND", "SCORE", "TIMBRE", "Codec", "Half", "Spectra", "Z"]

SCORE, TIMBRE = 96, 24  # numbers of z that say what is played, and how it sounds
TOGETHER = 64  # windows that the networks are given at once, to limit memory: 4 minutes
Z = NDArray[np.float32]
"""``[windows, 120]``: `SCORE` numbers, then `TIMBRE`, for each four seconds."""
Half = NDArray[np.float32]
"""One of the two: ``[windows, 96]`` or ``[windows, 24]``."""
Spectra = Bands
"""Bands that are decoded: ``[windows, FRAMES, BANDS]`` in dB, from -`FLOOR_DB` to 0."""


@dataclass(frozen=True)
class Codec(ABC):
    """The networks. Nothing is drawn: an encoding is the mean of the posterior.

    Attributes:
        weights_hash: the first 16 hexadecimal digits of the SHA-256 of the weights. With others, a
            latent means something else.
    """

    weights_hash: str

    @abstractmethod
    def encode_score(self, roll: Roll) -> Half:
        """What is played: ``[windows, 32, 88, 2] -> [windows, 96]``."""

    @abstractmethod
    def encode_timbre(self, levels: Bands, roll: Roll) -> Half:
        """How it sounds: ``[windows, 24]``."""

    @abstractmethod
    def score(self, z: Z) -> Roll:
        """Logits of what sounds and what is struck: ``[windows, 120] -> [windows, 32, 88, 2]``."""

    @abstractmethod
    def spectrum(self, z: Z, roll: Roll) -> Spectra:
        """How a score of zeros and ones sounds with the timbre of ``z``."""

    def encode(self, audio: Audio, sample_rate: float, notes: Sequence[Note]) -> Z:
        """The latent of a clip, ``[channels, samples]``, of which ``notes`` are heard."""
        roll = roll_of(notes, audio.shape[1] / sample_rate)
        levels = bands_of(audio, sample_rate)[: len(roll)]
        missing = len(roll) - len(levels)  # by rounding, a last window may have no samples
        levels = np.pad(levels, ((0, missing), (0, 0), (0, 0)), constant_values=-FLOOR_DB)
        return np.concatenate([self.encode_score(roll), self.encode_timbre(levels, roll)], axis=1)
