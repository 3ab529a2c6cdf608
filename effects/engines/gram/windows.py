r"""From a stem and a style to the restyled stem, window by window.

Windows of about 12 s are optimised one by one, so a long stem costs linear time, and constant
memory besides its own samples. Windows overlap by 1.5 s, over which their solutions are crossfaded.
Phases are then found for one continuous spectrogram: each stretch continues from the settled frames
of the one before, and looks some frames ahead. So there is no seam:

    window n      |--------------------------|\\\\\\\\|
    window n+1                               |////////|--------------------------|
                                             | overlap

A network that was trained at another sample rate restyles the stem at that rate. What is above its
range is kept aside, and added at the end. Where the restyling turned down the upper end of the
range, what is above is turned down with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from effects.engines.engine import LossCurve, Restyled
from effects.engines.gram.features import GramFeatures
from effects.engines.gram.frames import FramedClip, Frames
from effects.engines.gram.objective import Statistics
from effects.engines.gram.optimise import Strength, optimise
from effects.engines.gram.statistics import MIN_PEAK_HEARD, style_statistics
from effects.engines.gram.synthesis import Synthesis
from effects.engines.report import Report
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.signal.loudness import keep_rests, peak
from effects.signal.resample import BandSplit
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style

#: Frames of 23.2 ms: 11.9 s. The infinite engine compares all pairs of patches, so its time grows
#: with the window, and its memory with the square. From the first design that worked; not searched.
WINDOW_FRAMES = 512
#: Frames of 23.2 ms: 1.5 s. Not searched.
OVERLAP_FRAMES = 64
#: An amplitude in the units of `Analysis.amplitudes`, where a sine at full scale has 512:
#: 114 dB below that.
INAUDIBLE = 1e-3
# Progress: statistics, then windows (optimising, then phases), then loudness. Not measured.
WINDOWS_FROM, WINDOWS_TO, OPTIMISING_SHARE = 0.05, 0.9, 0.75


def restyle_in_windows(
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

    Raises:
        ValueError: the style clip cannot be read, is silent, or has nothing in the range of a
            network.
        Cancelled: ``progress`` was told to stop.
    """
    progress.tick(0.0, "style statistics")
    resolution, seconds = engine.resolution, audio.shape[1] / sample_rate
    n_features = Analysis.features_at(sample_rate, resolution)
    n_features, statistics = style_statistics(style, engine, n_features, device, tick=progress.tick)
    aim = _Aim(engine, statistics, strength)
    if resolution is None:
        solved = _solve(audio, Analysis(sample_rate, n_features, device), aim, progress)
        out = solved.audio
    else:
        split = BandSplit(audio, sample_rate, resolution.sample_rate)
        if peak(split.audio) < MIN_PEAK_HEARD * peak(audio):  # there is nothing to restyle
            return Restyled(audio.copy(), [], Report.uniform(engine.name, seconds, kept=1.0))
        analysis = Analysis(resolution.sample_rate, n_features, device, resolution)
        solved = _solve(split.audio, analysis, aim, progress)
        out = split.join(solved.audio, solved.edge, resolution.hop)
    progress.tick(WINDOWS_TO, "loudness")
    keep_rests(out, audio, sample_rate)
    return Restyled(out, solved.curves, Report.uniform(engine.name, seconds, blended=1.0))


@dataclass(frozen=True)
class _Aim:
    """What the windows are optimised for."""

    engine: GramFeatures
    statistics: Statistics
    strength: float


@dataclass
class _Solved:
    audio: Audio
    curves: list[LossCurve]
    edge: NDArray[np.float32]  # gain above the compared range, per frame


def _solve(audio: Audio, analysis: Analysis, aim: _Aim, progress: Progress) -> _Solved:
    """The restyled clip, window by window."""
    stem = FramedClip(audio, analysis, aim.engine.n_frames_min)
    synthesis = Synthesis(stem)
    overlap = analysis.frames(OVERLAP_FRAMES)
    spans = window_spans(stem.n_frames, analysis.frames(WINDOW_FRAMES), overlap)
    curves: list[LossCurve] = []
    edge: list[Tensor] = []
    before: Tensor | None = None
    for n, (start, stop) in enumerate(spans):
        at = [
            WINDOWS_FROM + (WINDOWS_TO - WINDOWS_FROM) * (n + part) / len(spans)
            for part in (0, OPTIMISING_SHARE, 1)
        ]
        frames = stem.frames(start, stop)
        solution = frames.amplitudes
        if frames.active.any():
            tick = progress.part(at[0], at[1], "restyling")
            solution, curve = _optimised(frames, aim, progress.tick, tick)
            curves.append(curve)
        if before is not None:
            solution = _continue(before, solution)
        before = solution[-overlap:]
        last = n == len(spans) - 1
        n_final = len(solution) - (0 if last else overlap)
        synthesis.add(frames, solution, n_final, tick=progress.part(at[1], at[2], "phases"))
        # With something inaudible added to both, the gain is 1 where neither has any sound.
        audible = (amplitudes + INAUDIBLE for amplitudes in (frames.amplitudes, solution))
        edge.append(analysis.edge_gain(*audible)[:n_final].cpu())
    return _Solved(synthesis.finish(), curves, torch.cat(edge).numpy())


def _optimised(
    frames: Frames, aim: _Aim, poll: Callable[[], None], tick: Callable[[float], None]
) -> tuple[Tensor, LossCurve]:
    """The restyled amplitudes of one window, ``[T, n_features]``, and how the distances fell.

    ``poll`` is called often, and raises to stop the work; ``tick`` is given the fraction done.
    """
    engine = aim.engine
    gain = frames.gain_to_energy(float(aim.statistics["energy"]))
    around = engine.n_frames_min - 1
    features = _reflect(frames.features(gain / frames.analysis.knee), around)
    active = _reflect(frames.active, around)
    solved = optimise(
        engine.objective(features, active, aim.statistics, tick=poll),
        features,
        tradeoff=Strength(aim.strength),
        n_iterations=engine.n_iterations,
        tick=tick,
    )
    inside = solved.features[around : len(features) - around]
    restored = frames.unflattened if engine.exact else frames.at_own_level
    return restored(torch.expm1(inside)), solved.curve


def _reflect(frames: Tensor, around: int) -> Tensor:
    """Mirror images of the first and last frames around ``[T, ...]``.

    Without these, the frames at the ends would be in fewer patches than the others, and would
    change less.
    """
    before, after = frames[1 : around + 1].flip(0), frames[-around - 1 : -1].flip(0)
    return torch.cat([before, frames, after])


def _continue(before: Tensor, solution: Tensor) -> Tensor:
    """``solution``, faded in over the overlap from the end of the window ``before``."""
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
