"""A song on a mashup's time axis: as one sound, or as its stems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.mashing.parts import HARMONY
from effects.signal.arrays import Audio, Sound, Stretches, samples_between
from effects.signal.stft import Spectra, Stft

Powers = NDArray[np.float32]
"""Squared magnitudes, ``[*, frames, bins]``."""
PartShares = NDArray[np.float32]
"""How much of each bin is lead, rhythm and harmony, ``[3, frames, bins]``, summing to 1."""


@dataclass(frozen=True)
class Track:
    """A song as it is mixed.

    Attributes:
        sounds: the song; or its lead, rhythm and harmony. ``[channels, samples]`` each.
        gain: every sound is multiplied by it.
    """

    sounds: tuple[Sound, ...]
    gain: float = 1.0

    @property
    def has_stems(self) -> bool:
        """Whether its parts are known."""
        return len(self.sounds) > 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of each sound: ``(channels, samples)``."""
        return self.sounds[0].shape

    @property
    def mixture(self) -> Sound:
        """The sum of its sounds, without the gain."""
        if not self.has_stems:
            return self.sounds[0]

        def make(start: int, stop: int) -> Audio:
            found: Audio = samples_between(self.sounds[0], start, stop)
            for it in self.sounds[1:]:
                found += it[:, start:stop]
            return found

        return Stretches(self.shape, make)

    def spectra(self, grid: Stft, start: int, stop: int) -> Spectra:
        """Frames ``start`` to ``stop`` (exclusive), ``[sounds, channels, frames, bins]``."""
        found = np.stack([grid.analyse(it, start, stop) for it in self.sounds])
        found *= np.float32(self.gain)
        return found


def power(spectra: Spectra) -> Powers:
    """The mean over channels: ``[*, channels, frames, bins] -> [*, frames, bins]``.

    A mean of powers, so that channels in opposite phase count as any others.
    """
    found: Powers = np.mean(spectra.real**2 + spectra.imag**2, axis=-3, dtype=np.float32)
    return found


def true_shares(stems: Spectra) -> PartShares:
    """The shares of three known parts, ``[3, channels, frames, bins]``, in their summed power.

    Where all are silent it does not matter: that is harmony.
    """
    powers = power(stems)
    total = powers.sum(axis=0)
    shares = np.zeros_like(powers)
    np.divide(powers, total, out=shares, where=total > 0)
    shares[HARMONY][total == 0] = 1
    return shares
