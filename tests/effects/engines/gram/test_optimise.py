"""Strength as a promise, the published loss as published, and how an optimisation ends."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from effects.engines.gram.infinite import Infinite
from effects.engines.gram.optimise import Strength, Weighted, optimise
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.running.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_torch_thread")

ENGINES = [Infinite(width=5), RandomCNN1D(n_filters=256, width=5)]


def no_tick():
    pass


def harmonics(frames, features, seed, spacing, decay):
    """Log magnitudes of notes over a noise floor: the partials of a note are ``spacing`` apart."""
    random = np.random.default_rng(seed)
    amplitude = np.abs(random.normal(0, 0.05, (frames, features)))
    for start in range(0, frames, 8):
        pitch = spacing + random.integers(0, 4)
        for k, at in enumerate(range(pitch, features, pitch)):
            envelope = np.exp(-0.1 * np.arange(min(8, frames - start)))
            amplitude[start : start + 8, at] += 20 * np.exp(-decay * k) * envelope
    return torch.from_numpy(np.log1p(amplitude)).float()


def textures(frames, features, seed, slope):
    random = np.random.default_rng(seed)
    colour = np.exp(slope * np.linspace(-1, 1, features))
    return torch.from_numpy(
        np.log1p(np.abs(random.normal(0, 1, (frames, features))) * colour)
    ).float()


PAIRS = {
    "bright and dark notes": (harmonics(60, 64, 1, 5, 0.1), harmonics(70, 64, 2, 5, 0.8)),
    "low and high notes": (harmonics(60, 64, 3, 4, 0.3), harmonics(50, 64, 4, 14, 0.3)),
    "notes and noise": (harmonics(60, 64, 5, 6, 0.3), textures(60, 64, 6, 1.0)),
    "noise and noise": (textures(60, 64, 7, -1.5), textures(40, 64, 8, 1.5)),
    "noise and notes": (textures(60, 64, 9, 0.0), harmonics(60, 64, 10, 9, 0.2)),
}


def objective_of(engine, content, style):
    statistics = engine.statistics(style, torch.ones(len(style)), tick=no_tick)
    return engine.objective(content, torch.ones(len(content)), statistics, tick=no_tick)


def distances(objective, features):
    with torch.no_grad():
        return [float(distance) for distance in objective(features)]


def solve(objective, content, strength, **options):
    return optimise(
        objective, content, **{"tradeoff": Strength(strength), "n_iterations": 24, **options}
    )


@pytest.mark.parametrize("engine", ENGINES, ids=["infinite", "finite"])
@pytest.mark.parametrize("pair", PAIRS)
def test_strength_0_stays_at_the_content(pair, engine):
    content, style = PAIRS[pair]
    objective = objective_of(engine, content, style)
    solution = solve(objective, content, 0.0)
    torch.testing.assert_close(solution.features, content, atol=0.02, rtol=0)
    assert distances(objective, solution.features)[1] < 1e-4 * objective.content_scale


@pytest.mark.parametrize("engine", ENGINES, ids=["infinite", "finite"])
@pytest.mark.parametrize("pair", PAIRS)
def test_strength_means_the_same_for_every_pair_and_rises(pair, engine):
    content, style = PAIRS[pair]
    objective = objective_of(engine, content, style)
    start = distances(objective, content)[0]
    strengths = (0.0, 0.25, 0.5, 0.75, 1.0)
    solutions = [solve(objective, content, strength).features for strength in strengths]
    found = np.array([distances(objective, solution) for solution in solutions])
    left = (found[:, 0] / start) ** 0.25  # the root of D = √(style distance)
    assert left[1] == pytest.approx(0.75, abs=0.06)
    assert left[2] == pytest.approx(0.5, abs=0.06)
    assert np.all(np.diff(left) < 0)
    assert np.all(np.diff(found[:, 1]) > 0)


def test_weighted_is_the_published_loss():
    """Alpha Σ(F - Fc)² + Σ(G - Gs)², G = FᵀF / T, from a convolution of its own."""
    engine = RandomCNN1D(n_filters=24, width=3)
    content, style, x = (textures(n, 7, seed, 1.0) for n, seed in ((20, 1), (26, 2), (20, 3)))
    objective = objective_of(engine, content, style)
    (filters,) = engine.filters(7, content)

    def layer(features):
        frames = features.numpy().astype(np.float64)
        kernel = filters.numpy().astype(np.float64)
        patches = [frames[t : t + 3].T for t in range(len(frames) - 2)]
        return np.array([[max(0, (k * p).sum()) for k in kernel] for p in patches])

    def published(features, alpha):
        f, f_content, f_style = layer(features), layer(content), layer(style)
        gram, gram_style = f.T @ f / len(f), f_style.T @ f_style / len(f_style)
        return alpha * ((f - f_content) ** 2).sum() + ((gram - gram_style) ** 2).sum()

    for alpha in (0.0, 1e-2, 10.0):
        tradeoff = Weighted(alpha, n_patches=18, n_filters=24)
        total = tradeoff(objective, (1.0, 0.0))
        ratios = [
            float(total(*objective(features))) / published(features, alpha)
            for features in (x, x / 2, style[:20])
        ]
        assert ratios[0] > 0
        assert ratios == pytest.approx([ratios[0]] * 3, rel=1e-4)
        assert ratios[0] == pytest.approx(1 / (24**2 * objective.style_scale), rel=1e-4)


@pytest.mark.parametrize("nonnegative", [True, False])
def test_the_published_method_runs_from_noise(nonnegative):
    content, style = PAIRS["bright and dark notes"]
    objective = objective_of(RandomCNN1D(n_filters=128), content, style)
    start = 1e-3 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    tradeoff = Weighted(1e-2, n_patches=50, n_filters=128)
    solution = optimise(
        objective, start, tradeoff=tradeoff, n_iterations=60, nonnegative=nonnegative
    )
    assert solution.curve[-1][0] < 0.2 * solution.curve[0][0]
    assert torch.isfinite(solution.features).all()
    assert not nonnegative or float(solution.features.min()) >= 0


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_solutions_are_finite_and_not_negative(strength):
    for whole, style in PAIRS.values():
        content = whole.clone()
        content[10:30] = 0
        solution = solve(objective_of(Infinite(), content, style), content, strength).features
        assert torch.isfinite(solution).all()
        assert float(solution.min()) >= 0


def test_a_content_that_is_the_style_stays():
    content, _ = PAIRS["notes and noise"]
    objective = objective_of(Infinite(), content, content)
    solution = solve(objective, content, 1.0).features
    torch.testing.assert_close(solution, content, atol=0.05, rtol=0)


def test_the_start_is_left_as_it_was_and_the_same_again_is_the_same():
    content, style = PAIRS["notes and noise"]
    before = content.clone()
    objective = objective_of(Infinite(), content, style)
    first, again = (solve(objective, content, 0.5).features for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(content, before)


def test_the_curve_is_what_was_seen():
    content, style = PAIRS["notes and noise"]
    objective = objective_of(Infinite(), content, style)
    solution = solve(objective, content, 0.5, n_iterations=10)
    start = distances(objective, content)
    assert solution.curve[0] == pytest.approx(
        (start[0] / objective.style_scale, start[1] / objective.content_scale), rel=1e-4, abs=1e-5
    )
    assert 10 <= len(solution.curve) <= 40
    assert solution.curve[-1][0] < solution.curve[0][0]


def test_ticks_rise_from_0_to_at_most_1():
    content, style = PAIRS["notes and noise"]
    ticks = []
    solution = solve(objective_of(Infinite(), content, style), content, 0.5, tick=ticks.append)
    assert len(ticks) == len(solution.curve)
    assert ticks[0] == 0
    assert np.all(np.diff(ticks) >= 0)
    assert ticks[-1] <= 1


def test_an_exception_in_tick_comes_out():
    content, style = PAIRS["notes and noise"]
    error = Cancelled("enough")

    def tick(done):
        if done > 0.2:
            raise error

    with pytest.raises(Cancelled) as caught:
        solve(objective_of(Infinite(), content, style), content, 0.5, tick=tick)
    assert caught.value is error


def test_optimising_does_not_load_torchs_compiler():
    """It takes longer to load than most stems take to restyle."""
    script = (
        "import sys, numpy as np; from effects import StyleTransfer;"
        "audio = np.random.default_rng(0).normal(0, 0.1, 22050).astype('float32');"
        "StyleTransfer(style=(audio, 22050))(audio[::-1].copy(), 22050);"
        "assert 'torch' in sys.modules; assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
