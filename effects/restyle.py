r"""From a stem and a style to the restyled stem, window by window.

A window of about 12 s is optimised at a time, so a long stem costs linear time and constant memory
beside its own samples. Windows overlap by 1.5 s, over which their solutions are crossfaded. Phases
are then found for one continuous spectrogram: each stretch continues the settled frames of the
last, and looks some frames ahead. So there is no seam:

    window n      |--------------------------|\\\\\\\\|
    window n+1                               |////////|--------------------------|
                                             | overlap
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
            around = engine.n_frames_min - 1
            features = _reflect(frames.features(gain), around)
            active = _reflect(frames.active, around)
            objective = engine.objective(features, active, statistics, tick=progress.tick)
            solved = optimise(
                objective,
                features,
                tradeoff=Strength(strength),
                n_iterations=engine.n_iterations,
                tick=progress.part(at[0], at[1], "restyling"),
            )
            inside = solved.features[around : len(features) - around]
            solution = frames.at_own_level(torch.expm1(inside))
            curves.append(solved.curve)
        if before is not None:
            solution = _continue(before, solution)
        before = solution[-OVERLAP_FRAMES:]
        last = n == len(spans) - 1
        n_final = len(solution) - (0 if last else OVERLAP_FRAMES)
        synthesis.add(frames, solution, n_final, tick=progress.part(at[1], at[2], "phases"))
    out = synthesis.finish()
    progress.tick(0.9, "loudness")
    keep_rests(out, audio, sample_rate)
    return Restyled(out, curves)


def _reflect(frames: Tensor, around: int) -> Tensor:
    """Mirror images of the first and last frames around ``[T, ...]``.

    Without them the frames at the ends would be in fewer patches than the others, and change less.
    """
    before, after = frames[1 : around + 1].flip(0), frames[-around - 1 : -1].flip(0)
    return torch.cat([before, frames, after])


def _continue(before: Tensor, solution: Tensor) -> Tensor:
    """``solution``, crossfaded over the overlap from where the window before it ended."""
    ramp = torch.arange(1, OVERLAP_FRAMES + 1, device=solution.device) / (OVERLAP_FRAMES + 1)
    fade = (0.5 - 0.5 * torch.cos(math.pi * ramp))[:, None]
    faded = torch.lerp(before, solution[:OVERLAP_FRAMES], fade)
    return torch.cat([faded, solution[OVERLAP_FRAMES:]])
