"""The closed form beside the published method in full, judged by filters that neither has seen.

    python -m benchmarks.speed.against_published            # about 8 minutes on 2 cores
    python -m benchmarks.speed.against_published --seconds 3 --iterations 30     # a quick look

Both start from the same log spectrograms (22 050 Hz mono, n_fft 2048, hop 512, loudness matched)
and minimise the same sum, alpha Σ(F - F_content)² + Σ(G - G_style)² with alpha 1e-2 (Ulyanov &
Lebedev 2016):

- published: 4096 random filters of 11 frames, start N(0, 1)·1e-3, 300 L-BFGS iterations, 500
  Griffin-Lim iterations from random phase; all cores.
- infinite: the closed form, started at the content, as many L-BFGS iterations as asked for
  (--ours), 30 phase iterations from the content's phase; one core, as in the product.

The judge evaluates both results with 4096 other random filters. Times include the style's
statistics and the phases.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
import torch
from pedalboard.io import AudioFile
from torch import Tensor

from benchmarks import script
from effects.engines.gram.engine import GramEngine
from effects.engines.gram.frames import REFERENCE_LUFS, FramedClip, Frames
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.optimise import Weighted, optimise
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.signal.loudness import loudness
from effects.signal.phase import griffin_lim
from effects.signal.spectrogram import Analysis
from plugin_bridge.reports.demo import recording

RATE = 22_050  # Hz
ALPHA = 1e-2
N_FILTERS = 4096
ITERATIONS = 300  # of the published method
JUDGE_SEED = 20_161  # any but the default, which draws the published method's filters
PHASE_ITERATIONS, PUBLISHED_PHASE_ITERATIONS = 30, 500


def no_tick() -> None:
    """Nothing to report."""


def load(name: str, seconds: float) -> tuple[Frames, Tensor]:
    """A recording as frames, and its published features, at the same loudness for all clips."""
    with AudioFile(str(recording(name).clip)).resampled_to(RATE) as file:
        audio = file.read(min(int(seconds * RATE), file.frames)).mean(axis=0, keepdims=True)
    analysis = Analysis(RATE, Analysis.features_at(RATE), torch.device("cpu"))
    stem = FramedClip(np.ascontiguousarray(audio), analysis)
    frames = stem.frames(0, stem.n_frames)
    gain = 10 ** ((REFERENCE_LUFS - loudness(audio * stem.unit, RATE)) / 20)
    return frames, torch.log1p(frames.amplitudes * gain)


def restyled(
    engine: GramEngine,
    content: Tensor,
    style: Tensor,
    start: Tensor,
    *,
    n_iterations: int,
    free: bool,
) -> tuple[Tensor, float]:
    """The optimised features, and how many seconds it took."""
    began = time.perf_counter()
    statistics = engine.statistics(style, torch.ones(len(style)), tick=no_tick)
    objective = engine.objective(content, torch.ones(len(content)), statistics, tick=no_tick)
    weighted = Weighted(ALPHA, len(content) - 10, N_FILTERS)
    solution = optimise(
        objective, start, tradeoff=weighted, n_iterations=n_iterations, nonnegative=not free
    )
    return solution.features, time.perf_counter() - began


def judged(features: Tensor, content: Tensor, style: Tensor) -> float:
    """The published sum by the judge's filters, relative to ‖G_style‖²."""
    engine = RandomCNN1D(n_filters=N_FILTERS, seed=JUDGE_SEED)
    with torch.no_grad():
        statistics = engine.statistics(style, torch.ones(len(style)), tick=no_tick)
        objective = engine.objective(content, torch.ones(len(content)), statistics, tick=no_tick)
        total = Weighted(ALPHA, len(content) - 10, N_FILTERS)(objective, (1.0, 1.0))
        return float(total(*objective(features)))


def closed_form(
    frames: Frames, content: Tensor, style: Tensor, n_iterations: int
) -> tuple[Tensor, float, float]:
    """The closed form's features, and the seconds of optimising and of phases, on one core."""
    torch.set_num_threads(1)
    features, seconds = restyled(
        Infinite(), content, style, content, n_iterations=n_iterations, free=False
    )
    began = time.perf_counter()
    griffin_lim(
        torch.expm1(features),
        frames.spectra[0],
        frames.analysis.grid,
        n_iterations=PHASE_ITERATIONS,
    )
    phases = time.perf_counter() - began
    torch.set_num_threads(os.cpu_count() or 1)
    return features, seconds, phases


def published(
    frames: Frames, content: Tensor, style: Tensor, n_iterations: int
) -> tuple[Tensor, float, float]:
    """The same of the published method, on all cores.

    With fewer than its 300 iterations, it gets as much fewer for the phases.
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(content.shape, generator=generator) * 1e-3
    features, seconds = restyled(
        RandomCNN1D(), content, style, noise, n_iterations=n_iterations, free=True
    )
    began = time.perf_counter()
    angle = torch.rand(frames.spectra[0].shape, generator=generator) * 2 * torch.pi
    griffin_lim(
        torch.expm1(features).abs(),
        torch.polar(torch.ones_like(angle), angle),
        frames.analysis.grid,
        n_iterations=PUBLISHED_PHASE_ITERATIONS * n_iterations // ITERATIONS,
        momentum=0.0,
    )
    return features, seconds, time.perf_counter() - began


def main() -> None:
    """Run both and print the table."""
    options = _options()
    frames, content = load(options.content, options.seconds)
    _, style = load(options.style, options.seconds)
    script.announce(__doc__, "numpy", "torch")
    print(
        f"{options.content} ({len(content)} frames) in the style of {options.style} "
        f"({len(style)} frames), {content.shape[1]} bins at {RATE} Hz, n_fft 2048, hop 512"
    )
    print(f"{'':34}{'objective':>10}{'optimise':>10}{'phases':>8}{'total':>9}")
    print(f"{'content, untouched':34}{judged(content, content, style):10.4f}")
    restyled(  # warms up
        Infinite(), content[:50], style[:50], content[:50], n_iterations=2, free=False
    )
    rows = []
    for n_iterations in options.ours:
        features, *seconds = closed_form(frames, content, style, n_iterations)
        objective = judged(features, content, style)
        rows.append((n_iterations, objective, sum(seconds)))
        _print_row(f"infinite, {n_iterations} iterations", objective, *seconds)
    features, *seconds = published(frames, content, style, options.iterations)
    objective = judged(features, content, style)
    _print_row(f"published, {options.iterations} iterations", objective, *seconds)
    for n_iterations, ours, total in rows:
        low = "at least as low" if ours <= objective else "NOT as low"
        faster = sum(seconds) / total
        print(f"infinite, {n_iterations}: {faster:.0f} times faster, objective {low}")


def _print_row(name: str, objective: float, seconds: float, phases: float) -> None:
    total = seconds + phases
    print(f"{name:34}{objective:10.4f}{seconds:9.2f}s{phases:7.2f}s{total:8.2f}s")


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of both clips (%(default)s)")
    parser.add_argument(
        "--iterations",
        type=script.count,
        default=ITERATIONS,
        help="of the published method (%(default)s)",
    )
    parser.add_argument(
        "--ours",
        type=script.count,
        nargs="+",
        default=[24, 60],
        metavar="N",
        help="iterations of the closed form (%(default)s)",
    )
    parser.add_argument("--content", default="guitar", help="in plugin_bridge/recordings")
    parser.add_argument("--style", default="tabla", help="in plugin_bridge/recordings")
    return parser.parse_args()


if __name__ == "__main__":
    main()
