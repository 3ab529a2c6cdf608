"""The closed form against the published method in full, judged by filters neither has seen.

    python -m benchmarks.speed.against_published            # about 8 minutes on 2 cores
    python -m benchmarks.speed.against_published --seconds 3 --iterations 30     # a quick look

Both start from the same log spectrograms (22 050 Hz mono, n_fft 2048, hop 512, loudness matched)
and minimise the same sum, alpha Σ(F - F_content)² + Σ(G - G_style)² with alpha 1e-2 (Ulyanov &
Lebedev 2016):

- published: 4096 drawn filters of 11 frames, start N(0, 1)·1e-3, 300 L-BFGS iterations, 500
  Griffin-Lim iterations from random phase; all cores.
- infinite: the closed form, start at the content, as many L-BFGS iterations as asked for
  (--ours), 30 phase iterations from the content's phase; one core, as in the product.

The judge evaluates both results with another draw of 4096 filters. Times include the style's
statistics and the phases.
"""

from __future__ import annotations

import argparse
import os
import platform
import time

import numpy as np
import torch
from pedalboard.io import AudioFile
from torch import Tensor

from effects.engines.engine import Engine
from effects.engines.gram.frames import REFERENCE_LUFS, FramedClip, Frames
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.optimise import Weighted, optimise
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.signal.loudness import loudness
from effects.signal.phase import griffin_lim
from effects.signal.spectrogram import Analysis
from plugin_bridge.reports.demo import recording

RATE = 22_050
ALPHA = 1e-2
N_FILTERS = 4096
JUDGE_SEED = 20_161


def no_tick() -> None:
    """Nothing to report."""


def load(name: str, seconds: float) -> tuple[Frames, Tensor]:
    """A recording as frames, and the published features, at one loudness for all clips."""
    with AudioFile(str(recording(name).clip)).resampled_to(RATE) as file:
        audio = file.read(min(int(seconds * RATE), file.frames)).mean(axis=0, keepdims=True)
    analysis = Analysis(RATE, Analysis.features_at(RATE), torch.device("cpu"))
    stem = FramedClip(np.ascontiguousarray(audio), analysis)
    frames = stem.frames(0, stem.n_frames)
    gain = 10 ** ((REFERENCE_LUFS - loudness(audio * stem.unit, RATE)) / 20)
    return frames, torch.log1p(frames.amplitudes * gain)


def restyled(
    engine: Engine, content: Tensor, style: Tensor, start: Tensor, *, n_iterations: int, free: bool
) -> tuple[Tensor, float]:
    """The optimised features and the seconds it took."""
    began = time.perf_counter()
    statistics = engine.statistics(style, torch.ones(len(style)), tick=no_tick)
    objective = engine.objective(content, torch.ones(len(content)), statistics, tick=no_tick)
    weighted = Weighted(ALPHA, len(content) - 10, N_FILTERS)
    solution = optimise(
        objective, start, tradeoff=weighted, n_iterations=n_iterations, nonnegative=not free
    )
    return solution.features, time.perf_counter() - began


def judged(features: Tensor, content: Tensor, style: Tensor) -> float:
    """The published sum for another draw of 4096 filters, relative to ‖G_style‖²."""
    engine = RandomCNN1D(n_filters=N_FILTERS, seed=JUDGE_SEED)
    with torch.no_grad():
        statistics = engine.statistics(style, torch.ones(len(style)), tick=no_tick)
        objective = engine.objective(content, torch.ones(len(content)), statistics, tick=no_tick)
        total = Weighted(ALPHA, len(content) - 10, N_FILTERS)(objective, (1.0, 1.0))
        return float(total(*objective(features)))


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of both clips")
    parser.add_argument("--iterations", type=int, default=300, help="of the published method")
    parser.add_argument("--ours", type=int, nargs="+", default=[24, 60], help="of the closed form")
    parser.add_argument("--content", default="guitar", help="in plugin_bridge/recordings")
    parser.add_argument("--style", default="tabla", help="in plugin_bridge/recordings")
    options = parser.parse_args()

    frames, content = load(options.content, options.seconds)
    _, style = load(options.style, options.seconds)
    cores = os.cpu_count() or 1
    print(
        f"{options.content} ({len(content)} frames) in the style of {options.style} "
        f"({len(style)} frames), {content.shape[1]} bins at {RATE} Hz, n_fft 2048, hop 512; "
        f"{platform.machine()}, {cores} cores, torch {torch.__version__}"
    )
    grid, phase = frames.analysis.grid, frames.spectra[0]
    print(f"{'':34}{'objective':>10}{'optimise':>10}{'phases':>8}{'total':>9}")
    print(f"{'content, untouched':34}{judged(content, content, style):10.4f}")

    torch.set_num_threads(1)
    restyled(Infinite(), content[:50], style[:50], content[:50], n_iterations=2, free=False)
    rows = []
    for n_iterations in options.ours:
        features, seconds = restyled(
            Infinite(), content, style, content, n_iterations=n_iterations, free=False
        )
        began = time.perf_counter()
        griffin_lim(torch.expm1(features), phase, grid, n_iterations=30)
        phases = time.perf_counter() - began
        torch.set_num_threads(cores)
        result = judged(features, content, style)
        torch.set_num_threads(1)
        rows.append((n_iterations, result, seconds + phases))
        name = f"infinite, {n_iterations} iterations"
        print(f"{name:34}{result:10.4f}{seconds:9.2f}s{phases:7.2f}s{seconds + phases:8.2f}s")

    torch.set_num_threads(cores)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(content.shape, generator=generator) * 1e-3
    features, seconds = restyled(
        RandomCNN1D(), content, style, noise, n_iterations=options.iterations, free=True
    )
    began = time.perf_counter()
    angle = torch.rand(phase.shape, generator=generator) * 2 * torch.pi
    griffin_lim(
        torch.expm1(features).abs(),
        torch.polar(torch.ones_like(angle), angle),
        grid,
        n_iterations=500 * options.iterations // 300,
        momentum=0.0,
    )
    phases = time.perf_counter() - began
    published, total = judged(features, content, style), seconds + phases
    name = f"published, {options.iterations} iterations"
    print(f"{name:34}{published:10.4f}{seconds:9.2f}s{phases:7.2f}s{total:8.2f}s")
    for n_iterations, result, ours in rows:
        low = "at least as low" if result <= published else "NOT as low"
        print(f"infinite, {n_iterations}: {total / ours:.0f} times faster, objective {low}")


if __name__ == "__main__":
    main()
