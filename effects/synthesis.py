"""From the amplitudes that an engine asks for back to sound, window after window.

Phases are found for one channel, the carrier, which is the sum of all. Each channel is then given
the carrier's gain and its turn of the phase, at each time and frequency: what distinguishes the
channels, the stereo image, stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from effects.loudness import Audio
from effects.phase import griffin_lim, phases
from effects.spectrogram import FrameGrid
from effects.stem import Frames, Stem

LOOK_AHEAD_FRAMES = 8  # of 23.2 ms
PHASE_ITERATIONS = 30


class Synthesis:
    """Turns solutions back into sound, stretch after stretch."""

    def __init__(self, stem: Stem) -> None:
        self._analysis = stem.analysis
        self._polarity = stem.polarity
        bins = stem.analysis.grid.n_fft // 2 + 1
        # The carrier's last frames, restyled; none yet.
        self._settled = torch.zeros(0, bins, dtype=torch.complex64, device=stem.analysis.device)
        self._adder = OverlapAdder(stem.analysis.grid, stem.audio, 1 / stem.unit)

    def add(
        self, frames: Frames, wanted: Tensor, n_final: int, *, tick: Callable[[float], None]
    ) -> None:
        """Restyle the first ``n_final`` frames of a window; those before are settled.

        ``wanted`` has the amplitudes of the whole window, ``[T, n_features]``. Some frames after
        the first ``n_final`` are looked at, and come again with the next window.
        """
        ahead = slice(0, n_final + self._analysis.frames(LOOK_AHEAD_FRAMES))
        gain = self._analysis.gains(frames.amplitudes[ahead], wanted[ahead])
        carrier = frames.carrier(self._polarity)[ahead]
        start = torch.cat([self._settled, carrier * gain])
        n_settled = len(self._settled)
        count = iter(range(1, PHASE_ITERATIONS + 1))
        phased = griffin_lim(
            start.abs(),
            start,
            self._analysis.grid,
            n_iterations=PHASE_ITERATIONS,
            n_frozen=n_settled,
            tick=lambda: tick(next(count) / PHASE_ITERATIONS),
        )[n_settled : n_settled + n_final]
        overlapping = math.ceil(self._analysis.grid.length / self._analysis.grid.hop)
        self._settled = phased[-overlapping:].clone()
        turn = phases(phased) * phases(carrier[:n_final]).conj()
        self._adder.add(frames.spectra[:, :n_final] * (gain[:n_final] * turn))

    def finish(self) -> Audio:
        """All of the sound, as many samples as the stem."""
        return self._adder.finish()


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
