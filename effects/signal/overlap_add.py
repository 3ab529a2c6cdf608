"""Spectra that come in stretches, back to one signal."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from effects.signal.arrays import Audio
from effects.signal.spectrogram import FrameGrid


class OverlapAdder:
    """The inverse STFT for spectra that come in stretches of frames, in order."""

    def __init__(self, grid: FrameGrid, like: Audio, gain: float) -> None:
        self._grid, self._gain = grid, gain
        self._out = np.zeros_like(like)
        self._at = -(grid.length // 2)  # the sample at which the next frame begins
        self._sum = torch.zeros(len(like), 0, device=grid.device)
        self._weights = torch.zeros(0, device=grid.device)

    def add(self, spectra: Tensor) -> None:
        """Add ``[channels, T, bins]``; samples that no later frame reaches are finished."""
        n = spectra.shape[1]
        total = self._grid.overlap_add(self._grid.weigh(spectra))
        weights = self._grid.weight_sum(n)
        overlap = min(self._sum.shape[1], total.shape[1])
        total[:, :overlap] += self._sum[:, :overlap]
        weights[:overlap] += self._weights[:overlap]
        done = n * self._grid.hop
        self._write(total[:, :done], weights[:done])
        self._sum, self._weights = total[:, done:], weights[done:]

    def finish(self) -> Audio:
        """The whole signal."""
        self._write(self._sum, self._weights)
        return self._out

    def _write(self, total: Tensor, weights: Tensor) -> None:
        signal = (total / weights).cpu().numpy() * self._gain
        start, stop = max(self._at, 0), min(self._at + signal.shape[1], self._out.shape[1])
        if stop > start:
            self._out[:, start:stop] = signal[:, start - self._at : stop - self._at]
        self._at += signal.shape[1]
