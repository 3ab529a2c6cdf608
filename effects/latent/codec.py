"""From a clip to its latent and back: the networks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.latent.roll import Roll
from effects.notes.note import Note
from effects.signal.arrays import Audio

SCORE, TIMBRE = 96, 24  # numbers of z that say what is played, and how it sounds
Z = NDArray[np.float32]
"""``[windows, 120]``: `SCORE` numbers, then `TIMBRE`, for each four seconds."""
Spectra = NDArray[np.float32]
"""``[windows, FRAMES, BANDS]`` in dB: one band for each semitone from `LOWEST_BAND` up."""
LOWEST_BAND, BANDS = 21, 96  # MIDI number of the lowest band, A0, and how many
FRAMES = 64  # of a window: one for each 62.5 ms


@dataclass(frozen=True)
class Codec:
    """The networks. Deterministic: an encoding is the posterior's mean.

    Attributes:
        weights_hash: the first 16 hexadecimal digits of the SHA-256 of the weights: a latent that
            was made with others means something else.
    """

    weights_hash: str

    @classmethod
    def load(cls, weights: str | os.PathLike[str] | None = None) -> Codec:
        """The shipped networks, or those of a file of ``restyle latent train``."""
        raise NotImplementedError

    def encode(self, audio: Audio, sample_rate: float, notes: Sequence[Note]) -> Z:
        """The latent of a clip, ``[channels, samples]``, of which ``notes`` are heard."""
        raise NotImplementedError

    def encode_score(self, roll: Roll) -> NDArray[np.float32]:
        """``[windows, 32, 88, 2] -> [windows, 96]``."""
        raise NotImplementedError

    def score(self, z: Z) -> Roll:
        """Logits of what sounds and what is struck: ``[windows, 120] -> [windows, 32, 88, 2]``."""
        raise NotImplementedError

    def spectrum(self, z: Z, roll: Roll) -> Spectra:
        """How a score sounds with the timbre of ``z``; ``roll`` holds 0 and 1."""
        raise NotImplementedError
