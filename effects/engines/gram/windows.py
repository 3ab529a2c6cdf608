r"""From a stem and a style to the restyled stem, window by window.

A window of about 12 s is optimised at a time, so a long stem costs linear time and constant memory
beside its own samples. Windows overlap by 1.5 s, over which their solutions are crossfaded. Phases
are then found for one continuous spectrogram: each stretch continues the settled frames of the
last, and looks some frames ahead. So there is no seam:

    window n      |--------------------------|\\\\\\\\|
    window n+1                               |////////|--------------------------|
                                             | overlap

A network that hears another rate restyles the stem at that rate. What is above its range is kept
aside, added at the end, and turned down meanwhile where the end of the range was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from effects.engines.engine import LossCurve, Restyled
from effects.engines.gram.features import GramFeatures
from effects.engines.gram.frames import Stem
from effects.engines.gram.objective import Statistics
from effects.engines.gram.optimise import Strength, optimise
from effects.engines.gram.statistics import style_statistics
from effects.engines.gram.synthesis import Synthesis
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.signal.loudness import keep_rests, peak
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style

WINDOW_FRAMES = 512  # of 23.2 ms, like those of the overlap
OVERLAP_FRAMES = 64
#: A network leaves a stem alone that is all above its range: what is below is this much softer.
LEAST_PEAK = 1e-4
INAUDIBLE = 1e-3  # an amplitude, some 110 dB below full scale


def restyle(
    audio: Audio,
    sample_rate: float,
    style: Style,
    engine: GramFeatures,
    *,
    strength: float,
    device: torch.device,
    progress: Progress,
) -> Restyled:
    """Move ``audio``, ``[channels, samples]``, ``strength`` of the way to ``style``.

    ``audio`` must not be silent.
    """
    progress.tick(0.0, "style statistics")
    resolution = engine.resolution
    n_features = Analysis.features_at(sample_rate, resolution)
    n_features, statistics = style_statistics(style, engine, n_features, device, tick=progress.tick)
    if resolution is None:
        analysis = Analysis(sample_rate, n_features, device)
        solved = _solve(audio, analysis, engine, statistics, strength, progress)
        out = solved.audio
    else:
        from effects.signal.resample import Below

        below = Below(audio, sample_rate, resolution.sample_rate)
        if peak(below.audio) < LEAST_PEAK * peak(audio):
            return Restyled(audio.copy(), [])
        analysis = Analysis(resolution.sample_rate, n_features, device, resolution)
        solved = _solve(below.audio, analysis, engine, statistics, strength, progress)
        out = below.join(solved.audio, solved.edge, resolution.hop)
    progress.tick(0.9, "loudness")
    keep_rests(out, audio, sample_rate)
    return Restyled(out, solved.curves)


@dataclass
class _Solved:
    audio: Audio
    curves: list[LossCurve]
    edge: NDArray[np.float32]  # gain above the compared range, per frame


def _solve(
    audio: Audio,
    analysis: Analysis,
    engine: GramFeatures,
    statistics: Statistics,
    strength: float,
    progress: Progress,
) -> _Solved:
    """The restyled clip, window by window."""
    stem = Stem(audio, analysis, engine.n_frames_min)
    synthesis = Synthesis(stem)
    overlap = analysis.frames(OVERLAP_FRAMES)
    spans = window_spans(stem.n_frames, analysis.frames(WINDOW_FRAMES), overlap)
    curves: list[LossCurve] = []
    edge: list[Tensor] = []
    before: Tensor | None = None
    for n, (start, stop) in enumerate(spans):
        at = [0.05 + 0.85 * (n + part) / len(spans) for part in (0, 0.75, 1)]
        frames = stem.frames(start, stop)
        solution = frames.amplitudes
        if frames.active.any():
            gain = frames.gain_to_energy(float(statistics["energy"]))
            around = engine.n_frames_min - 1
            features = _reflect(frames.features(gain / analysis.knee), around)
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
            restored = frames.unflattened if engine.exact else frames.at_own_level
            solution = restored(torch.expm1(inside))
            curves.append(solved.curve)
        if before is not None:
            solution = _continue(before, solution)
        before = solution[-overlap:]
        last = n == len(spans) - 1
        n_final = len(solution) - (0 if last else overlap)
        synthesis.add(frames, solution, n_final, tick=progress.part(at[1], at[2], "phases"))
        # With the least added, where neither is anything the gain is 1.
        least = (it + INAUDIBLE for it in (frames.amplitudes, solution))
        edge.append(analysis.edge_gain(*least)[:n_final].cpu())
    return _Solved(synthesis.finish(), curves, torch.cat(edge).numpy())


def _reflect(frames: Tensor, around: int) -> Tensor:
    """Mirror images of the first and last frames around ``[T, ...]``.

    Without them the frames at the ends would be in fewer patches than the others, and change less.
    """
    before, after = frames[1 : around + 1].flip(0), frames[-around - 1 : -1].flip(0)
    return torch.cat([before, frames, after])


def _continue(before: Tensor, solution: Tensor) -> Tensor:
    """``solution``, crossfaded over the overlap from where the window before it ended."""
    overlap = len(before)
    ramp = torch.arange(1, overlap + 1, device=solution.device) / (overlap + 1)
    fade = (0.5 - 0.5 * torch.cos(math.pi * ramp))[:, None]
    faded = torch.lerp(before, solution[:overlap], fade)
    return torch.cat([faded, solution[overlap:]])


def window_spans(n_frames: int, longest: int, overlap: int) -> list[tuple[int, int]]:
    """Stretches of equal length, at most ``longest``, that overlap and cover ``n_frames``."""
    if n_frames <= longest:
        return [(0, n_frames)]
    count = math.ceil((n_frames - overlap) / (longest - overlap))
    starts = [round(i * (n_frames - overlap) / count) for i in range(count + 1)]
    return [(a, b + overlap) for a, b in pairwise(starts)]
