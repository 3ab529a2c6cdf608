"""From a stem and a style to the restyled stem, window by window.

A window of about 12 s is optimised at a time, so a long stem costs linear time and constant memory
beside its own samples. Windows overlap by 1.5 s. In the second half of an overlap the two solutions
are crossfaded; phases are then found for one continuous spectrogram, each stretch
continuing the settled frames of the last and looking some frames ahead. So there is no seam:

    window n      |--------------------------|////|
    window n+1                          |....|////|--------------------------|
                                        |<-  overlap
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.engines.base import Engine
from effects.loudness import Audio, keep_rests
from effects.optimise import Curve, Strength, optimise
from effects.progress import Progress
from effects.spectrogram import Analysis
from effects.stem import Stem, windows
from effects.style import Style
from effects.synthesis import Synthesis

WINDOW_FRAMES = 512
OVERLAP_FRAMES = 64


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
            solution = frames.at_own_level(torch.expm1(solved.features))
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
