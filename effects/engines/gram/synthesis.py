"""From the amplitudes that an engine asks for back to sound, window by window.

Phases are found for one channel, the carrier, which is the mean of all. Each channel gets the same
gain, and the same turn of phase, as the carrier at that time and frequency. So the differences
between channels, the stereo image, stay.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from effects.engines.gram.frames import FramedClip, Frames
from effects.signal.arrays import Audio
from effects.signal.overlap_add import OverlapAdder
from effects.signal.phase import griffin_lim, phases

#: Frames of 23.2 ms after the settled ones, whose phases are found along with them: twice the four
#: that overlap with a frame. Not searched.
LOOK_AHEAD_FRAMES = 8
#: Iterations of fast Griffin-Lim, which starts from the content's phases (see
#: `effects.signal.phase`). Not searched.
PHASE_ITERATIONS = 30


class Synthesis:
    """Turns solutions back into sound, stretch by stretch."""

    def __init__(self, stem: FramedClip) -> None:
        self._analysis = stem.analysis
        self._polarity = stem.polarity
        bins = stem.analysis.grid.n_fft // 2 + 1
        # The carrier's last frames, restyled; none yet.
        self._settled = torch.zeros(0, bins, dtype=torch.complex64, device=stem.analysis.device)
        begin = -(stem.analysis.grid.length // 2)  # of the first frame
        self._adder = OverlapAdder(stem.audio, begin=begin, gain=1 / stem.unit)

    def add(
        self, frames: Frames, wanted: Tensor, n_final: int, *, tick: Callable[[float], None]
    ) -> None:
        """Restyle the first ``n_final`` frames of a window; all before the window is settled.

        Args:
            frames: the window's, ``T`` of them.
            wanted: its restyled amplitudes, ``[T, n_features]``.
            n_final: frames that are settled by this call. Some of those after them are looked at,
                too, and come again with the next window.
            tick: called with the fraction that is done.
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
        self._write(frames.spectra[:, :n_final] * (gain[:n_final] * turn))

    def _write(self, spectra: Tensor) -> None:
        grid, n = self._analysis.grid, spectra.shape[1]
        total, weights = grid.overlap_add(grid.weigh(spectra)), grid.weight_sum(n)
        self._adder.add(total.cpu().numpy(), weights.cpu().numpy(), finished=n * grid.hop)

    def finish(self) -> Audio:
        """The whole sound, with as many samples as the stem."""
        return self._adder.finish()
