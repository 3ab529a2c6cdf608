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
from effects.phase import griffin_lim
from effects.spectrogram import FrameGrid
from effects.stem import Frames, Stem

LOOK_AHEAD_FRAMES = 8
PHASE_ITERATIONS = 30


class Synthesis:
    """Turns solutions back into sound, stretch after stretch."""

    def __init__(self, stem: Stem) -> None:
        self._analysis = stem.analysis
        self._polarity = stem.polarity
        self._settled: Tensor | None = None  # the carrier's last frames, restyled
        self._adder = OverlapAdder(stem.analysis.grid, stem.audio, 1 / stem.unit)

    def add(
        self,
        frames: Frames,
        solution: Tensor,
        *,
        first: int,
        last: int,
        tick: Callable[[float], None],
    ) -> None:
        """Restyle the frames from ``first`` to ``last`` (exclusive) of a window.

        ``solution`` has their amplitudes, ``[T, n_features]``. The frames before ``first`` are
        settled; those after ``last`` are looked at, and come again with the next window.
        """
        gain = self._analysis.gains(frames.amplitudes, solution)
        carrier = frames.carrier(self._polarity)
        n_settled = 0 if self._settled is None else min(len(self._settled), first)
        stretch = slice(first - n_settled, min(last + LOOK_AHEAD_FRAMES, len(solution)))
        wanted = carrier[stretch] * gain[stretch]
        if self._settled is not None and n_settled:
            wanted[:n_settled] = self._settled[-n_settled:]
        count = iter(range(1, PHASE_ITERATIONS + 1))
        phased = griffin_lim(
            wanted.abs(),
            wanted,
            self._analysis.grid,
            n_iterations=PHASE_ITERATIONS,
            n_frozen=n_settled,
            tick=lambda: tick(next(count) / PHASE_ITERATIONS),
        )[n_settled : n_settled + last - first]
        overlapping = math.ceil(self._analysis.grid.n_fft / self._analysis.grid.hop)
        self._settled = phased[-overlapping:].clone()
        kept = slice(first, last)
        turn = _unit(phased) * _unit(carrier[kept]).conj()
        self._adder.add(frames.spectra[:, kept] * (gain[kept] * turn))

    def finish(self) -> Audio:
        """All of the sound, as many samples as the stem."""
        return self._adder.finish()


def _unit(spectra: Tensor) -> Tensor:
    """Phases alone; 1 where there is none."""
    size = spectra.abs()
    return torch.where(size > 0, spectra / size.clamp_min(1e-30), torch.ones_like(spectra))


class OverlapAdder:
    """The inverse STFT for spectra that come in stretches of frames, in order."""

    def __init__(self, grid: FrameGrid, like: Audio, gain: float) -> None:
        self._grid, self._gain = grid, gain
        self._out = np.zeros_like(like)
        self._at = -(grid.n_fft // 2)  # the sample at which the next frame begins
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
