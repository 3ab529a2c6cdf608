"""From a stem and a style to the restyled stem, window by window.

A window of about 12 s is optimised at a time, so a long stem costs linear time and constant memory
beside its own samples. Windows overlap by 1.5 s. In the second half of an overlap the two solutions
are crossfaded; phases are then found for one continuous spectrogram, each stretch
continuing the settled frames of the last and looking some frames ahead. So there is no seam:

    window n      |--------------------------|////|
    window n+1                          |....|////|--------------------------|
                                        |<-  overlap

The engine sees all channels as one spectrogram. What it asks for, a gain and a turn of the phase
per time and frequency, is done to each channel alike: levels and phases between channels, which
are the stereo image, stay as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.engines.base import Engine
from effects.loudness import Audio, keep_rests
from effects.optimise import Curve, Strength, optimise
from effects.phase import griffin_lim
from effects.progress import Progress
from effects.spectrogram import Analysis, FrameGrid
from effects.stem import Frames, Stem, windows
from effects.style import Style

WINDOW_FRAMES = 512
OVERLAP_FRAMES = 64
LOOK_AHEAD_FRAMES = 8
PHASE_ITERATIONS = 30


@dataclass
class Restyled:
    """Restyled audio, loudness yet to be matched, and per window the curve of its distances."""

    audio: Audio
    curves: list[Curve]


def restyle(
    audio: Audio,
    sample_rate: float,
    style: Style,
    engine: Engine,
    *,
    strength: float,
    device: torch.device,
    progress: Progress,
) -> Restyled:
    """Move ``audio``, ``[channels, samples]``, ``strength`` of the way to ``style``.

    ``audio`` must not be silent.
    """
    progress.tick(0.0, "style statistics")
    n_features = Analysis.features_at(sample_rate)
    n_features, statistics = style.statistics(engine, n_features, device, tick=progress.tick)
    stem = Stem(audio, Analysis(sample_rate, n_features, device), engine.n_frames_min)
    synthesis = Synthesis(stem)
    spans = windows(stem.n_frames, WINDOW_FRAMES, OVERLAP_FRAMES)
    curves: list[Curve] = []
    before: Tensor | None = None
    for n, (start, stop) in enumerate(spans):
        at = [0.05 + 0.85 * (n + part) / len(spans) for part in (0, 0.75, 1)]
        frames = stem.frames(start, stop)
        solution = frames.amplitudes
        if frames.active.any():
            gain = frames.gain_to_energy(float(statistics["energy"]))
            features = frames.features(gain)
            objective = engine.objective(features, frames.active, statistics, tick=progress.tick)
            solved = optimise(
                objective,
                features,
                tradeoff=Strength(strength),
                n_iterations=engine.n_iterations,
                tick=progress.part(at[0], at[1], "restyling"),
            )
            solution = torch.expm1(solved.features) / gain
            curves.append(solved.curve)
        if before is not None:
            solution = _continue(before, solution)
        before = solution[-OVERLAP_FRAMES:]
        synthesis.add(
            frames,
            solution,
            first=0 if n == 0 else OVERLAP_FRAMES // 2,
            last=len(solution) - (0 if n == len(spans) - 1 else OVERLAP_FRAMES // 2),
            tick=progress.part(at[1], at[2], "phases"),
        )
    out = synthesis.finish()
    progress.tick(0.9, "loudness")
    keep_rests(out, audio, sample_rate)
    return Restyled(out, curves)


def _continue(before: Tensor, solution: Tensor) -> Tensor:
    """``solution``, starting as the window before it ended and crossfaded from there."""
    half = OVERLAP_FRAMES // 2
    ramp = torch.arange(1, half + 1, device=solution.device) / (half + 1)
    fade = (0.5 - 0.5 * torch.cos(math.pi * ramp))[:, None]
    out = solution.clone()
    out[:half] = before[:half]
    out[half : 2 * half] = torch.lerp(before[half:], solution[half : 2 * half], fade)
    return out


class Synthesis:
    """Turns solutions back into sound, stretch after stretch."""

    def __init__(self, stem: Stem) -> None:
        self._stem = stem
        self._analysis = stem.analysis
        self._polarity = stem.polarity
        self._settled: Tensor | None = None  # the carrier's last frames, restyled
        self._adder = OverlapAdder(stem.analysis.grid, stem.audio, 1 / stem.unit)

    def add(self, frames: Frames, solution: Tensor, *, first: int, last: int, tick: object) -> None:
        """Restyle the frames from ``first`` to ``last`` (exclusive) of a window.

        The frames before ``first`` are settled; those after ``last`` are looked at, and come again
        with the next window.
        """
        assert callable(tick)
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
        self._out = like.copy()
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
