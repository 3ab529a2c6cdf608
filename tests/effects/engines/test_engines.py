"""The engines against naive twins that form every patch and every filter, and one another."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from support.sounds import melody

from effects.engines import ENGINES, make_engine
from effects.engines.engine import Engine
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D
from effects.engines.gram.statistics import style_statistics
from effects.running.progress import Cancelled
from effects.style_clip import Style

pytestmark = pytest.mark.usefixtures("one_torch_thread")

CPU = torch.device("cpu")


def no_tick():
    pass


def spectrogram(frames, features, seed, dtype=torch.float64):
    """Log magnitudes: mostly small, some large, none negative."""
    generator = torch.Generator().manual_seed(seed)
    size = torch.randn(frames, features, generator=generator, dtype=torch.float64)
    tone = torch.randn(1, features, generator=generator, dtype=torch.float64)
    return torch.log1p(torch.exp(1.5 * tone + size)).to(dtype)


def activity(frames, seed, dtype=torch.float64):
    """Frames that sound, at random; some patches lie in rests altogether."""
    generator = torch.Generator().manual_seed(seed)
    active = (torch.rand(frames, generator=generator) < 0.3).to(dtype)
    active[0] = 1
    return active


def everywhere(x):
    return torch.ones(len(x), dtype=x.dtype)


# Twins


def patches_in_time(x, width):
    """``[T, C] -> [T - width + 1, 1, width * C]``."""
    x = x.numpy()
    return np.array([[x[t : t + width].ravel()] for t in range(len(x) - width + 1)])


def patches_in_both(x, width, height, step):
    """``[T, C] -> [T - width + 1, positions, width * height]``; zeros above the top."""
    x = x.numpy()
    positions = max(math.ceil((x.shape[1] - height) / step), 0) + 1
    x = np.pad(x, ((0, 0), (0, (positions - 1) * step + height - x.shape[1])))
    return np.array(
        [
            [x[t : t + width, b * step : b * step + height].ravel() for b in range(positions)]
            for t in range(len(x) - width + 1)
        ]
    )


def weights_of(active, width):
    """A patch counts if something sounds in it; all that count, count the same."""
    active = active.numpy()
    counts = [float(active[t : t + width].any()) for t in range(len(active) - width + 1)]
    return np.array(counts) / sum(counts)


def arc_cosine(p, q):
    """E[relu(w·p) relu(w·q)] for w ~ N(0, I), one pair at a time (Cho & Saul 2009)."""
    n, m = np.linalg.norm(p), np.linalg.norm(q)
    if n == 0 or m == 0:
        return 0.0
    theta = np.arccos(np.clip(p @ q / (n * m), -1, 1))
    return n * m / (2 * np.pi) * (np.sin(theta) + (np.pi - theta) * np.cos(theta))


def mean_squared_kernel(p, q, a, b):
    rows_p = [(x, w / p.shape[1]) for row, w in zip(p, a, strict=True) for x in row]
    rows_q = [(x, w / q.shape[1]) for row, w in zip(q, b, strict=True) for x in row]
    return sum(w * v * arc_cosine(x, y) ** 2 for x, w in rows_p for y, v in rows_q)


def closed_form(x, content, style, weights, style_weights):
    """Relative style and content distance of infinitely many filters, from explicit patches."""
    own = mean_squared_kernel(x, x, weights, weights)
    cross = mean_squared_kernel(x, style, weights, style_weights)
    scale = mean_squared_kernel(style, style, style_weights, style_weights)
    gap = size = 0.0
    for row, row_c, w in zip(x, content, weights, strict=True):
        for p, q in zip(row, row_c, strict=True):
            w_p = w / x.shape[1]
            gap += w_p * (arc_cosine(p, p) + arc_cosine(q, q) - 2 * arc_cosine(p, q))
            size += w_p * arc_cosine(q, q)
    return (own - 2 * cross + scale) / scale, gap / size


def naive_layers(x, filters):
    """Convolution, ReLU, layer after layer, one output at a time: ``[[T', F], ...]``."""
    layers, signal = [], x.numpy()
    for weight in [tensor.numpy() for tensor in filters]:
        width = weight.shape[2]
        out = np.zeros((len(signal) - width + 1, len(weight)))
        for t in range(len(out)):
            for f, one in enumerate(weight):
                out[t, f] = max(0.0, float((one * signal[t : t + width].T).sum()))
        layers.append(out)
        signal = out
    return layers


def naive_gram(layer, weight):
    gram = np.zeros((layer.shape[1], layer.shape[1]))
    for row, w in zip(layer, weight, strict=True):
        gram += w * np.outer(row, row)
    return gram


def objective_of(engine, content, style, active=None, style_active=None):
    active = everywhere(content) if active is None else active
    style_active = everywhere(style) if style_active is None else style_active
    statistics = engine.statistics(style, style_active, tick=no_tick)
    return engine.objective(content, active, statistics, tick=no_tick)


def relative(objective, x):
    with torch.no_grad():
        style, content = objective(x)
    return float(style) / objective.style_scale, float(content) / objective.content_scale


def small_2d(**options):
    return RandomCNN2D(**{"n_filters": 16, "width": 3, "height": 6, "step": 4, **options})


# The closed form


@pytest.mark.parametrize(
    ("frames", "style_frames", "features", "width"),
    [(12, 9, 5, 3), (4, 15, 7, 4), (9, 4, 1, 4), (5, 5, 3, 1), (11, 11, 2, 11), (17, 13, 6, 5)],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_infinite_is_the_arc_cosine_kernel_over_all_pairs_of_patches(
    frames, style_frames, features, width, dtype
):
    content, x = spectrogram(frames, features, 1, dtype), spectrogram(frames, features, 2, dtype)
    style = spectrogram(style_frames, features, 3, dtype)
    active, style_active = activity(frames, 4, dtype), activity(style_frames, 5, dtype)
    objective = objective_of(Infinite(width=width), content, style, active, style_active)
    expected = closed_form(
        *(patches_in_time(s.double(), width) for s in (x, content, style)),
        weights_of(active, width),
        weights_of(style_active, width),
    )
    tolerance = {"rel": 1e-8, "abs": 1e-9} if dtype == torch.float64 else {"rel": 1e-4, "abs": 1e-5}
    assert relative(objective, x) == pytest.approx(expected, **tolerance)


def test_infinite_is_at_no_distance_from_the_content_and_from_the_style_itself():
    x = spectrogram(30, 8, 1)
    style, content = relative(objective_of(Infinite(), x, x), x)
    assert style == pytest.approx(0, abs=1e-9)
    assert content == pytest.approx(0, abs=2e-6)


def test_the_order_of_patches_is_nothing_to_style_and_everything_to_content():
    x, content = spectrogram(12, 4, 1), spectrogram(12, 4, 2)
    objective = objective_of(Infinite(width=1), content, spectrogram(9, 4, 3))
    forward, backward = relative(objective, x), relative(objective, x.flip(0))
    assert forward[0] == pytest.approx(backward[0], rel=1e-9)
    assert abs(forward[1] - backward[1]) > 1e-3


# Gradients


@pytest.mark.parametrize(
    "engine",
    [
        Infinite(width=3),
        Infinite(width=8),
        RandomCNN1D(n_filters=7, width=3),
        RandomCNN1D(n_filters=5, width=2, depth=2),
        small_2d(),
    ],
    ids=repr,
)
def test_gradients_agree_with_finite_differences(engine):
    content, style, x = (spectrogram(n, 9, seed) for n, seed in ((8, 1), (11, 2), (8, 3)))
    objective = objective_of(engine, content, style, activity(8, 4), activity(11, 5))
    x.requires_grad_()
    # Relative distances, so that one tolerance suits all engines.
    for which, scale in enumerate((objective.style_scale, objective.content_scale)):
        assert torch.autograd.gradcheck(
            lambda x, which=which, scale=scale: objective(x)[which] / scale, (x,), atol=1e-6
        )


@pytest.mark.parametrize(
    "engine", [Infinite(width=3), RandomCNN1D(n_filters=7, width=3), small_2d()], ids=repr
)
def test_gradients_are_finite_on_silence_and_on_the_content_and_style_themselves(engine):
    content, style = spectrogram(8, 9, 1, torch.float32), spectrogram(8, 9, 2, torch.float32)
    objective = objective_of(engine, content, style)
    for start in (torch.zeros_like(content), content, style, 1e3 * content):
        x = start.clone().requires_grad_()
        distances = torch.stack(objective(x))
        distances.sum().backward()
        assert torch.isfinite(distances).all()
        assert torch.isfinite(x.grad).all()


# Convergence of the finite engines


def errors_by_filters(make, expected, content, style, x, counts, seeds):
    """Root mean square error of the relative distances over ``seeds``, for each count."""
    rows = []
    for count in counts:
        found = [
            relative(objective_of(make(n_filters=count, seed=seed), content, style), x)
            for seed in range(seeds)
        ]
        rows.append(np.sqrt(np.mean((np.array(found) - expected) ** 2, axis=0)))
    return np.array(rows)


@pytest.mark.parametrize(
    ("make", "patches"),
    [
        (partial(RandomCNN1D, width=3), partial(patches_in_time, width=3)),
        (
            partial(RandomCNN2D, width=3, height=6, step=4),
            partial(patches_in_both, width=3, height=6, step=4),
        ),
    ],
    ids=["1d", "2d"],
)
def test_finite_engines_converge_to_the_closed_form_as_one_over_the_root_of_filters(make, patches):
    content, style, x = (spectrogram(n, 9, seed) for n, seed in ((8, 1), (10, 2), (8, 3)))
    expected = closed_form(
        *(patches(s) for s in (x, content, style)), np.full(6, 1 / 6), np.full(8, 1 / 8)
    )
    counts = (32, 256, 2048)
    errors = errors_by_filters(make, expected, content, style, x, counts, seeds=12)
    slopes = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slopes == pytest.approx([-0.5, -0.5], abs=0.2)
    assert (errors[-1] < 0.1 * np.array(expected)).all()


def test_the_closed_form_lies_within_the_spread_of_published_nets():
    content, style = spectrogram(40, 60, 1), spectrogram(50, 60, 2)
    closed = relative(objective_of(Infinite(), content, style), content)[0]
    draws = [
        relative(objective_of(RandomCNN1D(n_filters=2048, seed=s), content, style), content)[0]
        for s in range(6)
    ]
    assert min(draws) * 0.97 < closed < max(draws) * 1.03


# The finite engines


def filters_of(engine, like):
    return engine._filters(like.shape[1], like)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_random_cnn_1d_is_a_loop_over_filters_and_frames(depth):
    engine = RandomCNN1D(n_filters=6, width=3, depth=depth, seed=5)
    content, style, x = (spectrogram(n, 4, seed) for n, seed in ((11, 1), (9, 2), (11, 3)))
    active, style_active = activity(11, 4), activity(9, 5)
    filters = filters_of(engine, x)
    of_x, of_content, of_style = (naive_layers(s, filters) for s in (x, content, style))

    style_distance = style_scale = 0.0
    for layer in range(depth):
        field = (layer + 1) * 2 + 1
        gram = naive_gram(of_x[layer], weights_of(active, field))
        wanted = naive_gram(of_style[layer], weights_of(style_active, field))
        style_distance += ((gram - wanted) ** 2).mean()
        style_scale += (wanted**2).mean()
    weight = weights_of(active, engine.n_frames_min)
    gap = weight @ ((of_x[-1] - of_content[-1]) ** 2).mean(axis=1)
    size = weight @ (of_content[-1] ** 2).mean(axis=1)

    objective = objective_of(engine, content, style, active, style_active)
    assert [float(d) for d in objective(x)] == pytest.approx([style_distance, gap], rel=1e-9)
    assert objective.style_scale == pytest.approx(style_scale, rel=1e-9)
    assert objective.content_scale == pytest.approx(size, rel=1e-9)


def test_random_cnn_2d_is_a_product_of_explicit_patches_and_filters():
    engine = small_2d(seed=3)
    content, style, x = (spectrogram(n, 13, seed) for n, seed in ((9, 1), (7, 2), (9, 3)))
    active, style_active = activity(9, 4), activity(7, 5)
    kernel = filters_of(engine, x)[0].numpy().reshape(16, -1)
    of_x, of_content, of_style = (
        np.maximum(patches_in_both(s, 3, 6, 4) @ kernel.T, 0) for s in (x, content, style)
    )

    def gram(layer, weight):
        return sum(naive_gram(layer[:, b], weight) for b in range(layer.shape[1])) / layer.shape[1]

    weight = weights_of(active, 3)
    wanted = gram(of_style, weights_of(style_active, 3))
    expected = [
        ((gram(of_x, weight) - wanted) ** 2).mean(),
        weight @ ((of_x - of_content) ** 2).mean(axis=(1, 2)),
    ]
    objective = objective_of(engine, content, style, active, style_active)
    assert [float(d) for d in objective(x)] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("chunk", [1, 7, 20, 38, 1000])
def test_chunks_change_neither_distances_nor_gradients(chunk, monkeypatch):
    content, style, x = (spectrogram(n, 13, seed) for n, seed in ((40, 1), (33, 2), (40, 3)))
    active, style_active = activity(40, 4), activity(33, 5)
    results = []
    for size in (None, chunk):
        monkeypatch.setattr(RandomCNN2D, "_chunk", lambda self, size=size: size)
        objective = objective_of(small_2d(), content, style, active, style_active)
        moved = x.clone().requires_grad_()
        distances = torch.stack(objective(moved))
        (distances[0] / objective.style_scale + distances[1]).backward()
        results.append((distances.detach(), moved.grad))
    for whole, chunked in zip(*results, strict=True):
        torch.testing.assert_close(chunked, whole, rtol=1e-10, atol=1e-14)


def test_every_bin_is_seen_by_the_2d_network():
    for features in (3, 6, 7, 10, 11, 13):
        content, style = spectrogram(8, features, 1), spectrogram(8, features, 2)
        objective = objective_of(small_2d(), content, style)
        x = spectrogram(8, features, 3).requires_grad_()
        objective(x)[1].backward()
        assert (x.grad.abs().sum(dim=0) > 0).all()


@pytest.mark.parametrize("make", [RandomCNN1D, small_2d])
def test_a_seed_draws_the_same_filters_and_another_seed_others(make):
    like = torch.zeros(1, 9)
    first, again, other = (filters_of(make(n_filters=8, seed=s), like)[0] for s in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_layers_are_drawn_independently():
    one, two = filters_of(RandomCNN1D(n_filters=9, depth=2), torch.zeros(1, 9))
    assert not torch.equal(one, two)


def test_filters_have_the_published_standard_deviation():
    (weight,) = filters_of(RandomCNN1D(n_filters=512), torch.zeros(1, 1025))
    published = math.sqrt(2) * math.sqrt(2 / ((1025 + 512) * 11))
    assert float(weight.std()) == pytest.approx(published, rel=1e-2)
    assert float(weight.mean()) == pytest.approx(0, abs=published / 100)


def test_drawing_filters_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    objective_of(RandomCNN1D(n_filters=4), spectrogram(12, 5, 1), spectrogram(12, 5, 2))
    assert torch.equal(torch.rand(3), expected)


def test_the_gram_loss_needs_products_of_frames_only():
    """‖AᵀA - BᵀB‖² = ‖AAᵀ‖² - 2 ‖ABᵀ‖² + ‖BBᵀ‖², on which the closed form rests."""
    engine = RandomCNN1D(n_filters=40, width=3)
    content, style = spectrogram(14, 6, 1), spectrogram(11, 6, 2)
    (filters,) = filters_of(engine, content)
    a = torch.relu(torch.conv1d(content.T[None], filters))[0].T / math.sqrt(12)
    b = torch.relu(torch.conv1d(style.T[None], filters))[0].T / math.sqrt(9)
    by_frames = (a @ a.T).square().sum() - 2 * (a @ b.T).square().sum() + (b @ b.T).square().sum()
    with torch.no_grad():
        distance, _ = objective_of(engine, content, style)(content)
    assert float(distance) * 40**2 == pytest.approx(float(by_frames), rel=1e-10)


@pytest.mark.parametrize(
    ("engine", "options"),
    [
        (RandomCNN1D, {"n_filters": 0}),
        (RandomCNN1D, {"width": 0}),
        (RandomCNN1D, {"depth": 0}),
        (RandomCNN1D, {"n_filters": -1}),
        (RandomCNN2D, {"n_filters": 0}),
        (RandomCNN2D, {"depth": 2}),
        (RandomCNN2D, {"step": 0}),
        (RandomCNN2D, {"step": 65}),
        (RandomCNN2D, {"height": 0}),
        (Infinite, {"width": 0}),
        (Infinite, {"width": -3}),
    ],
)
def test_options_out_of_range_are_refused(engine, options):
    with pytest.raises(ValueError, match=r"must be at least 1|must be 1"):
        engine(**options)


@pytest.mark.parametrize("name", ENGINES)
def test_engines_are_made_by_name(name):
    engine = make_engine(name, seed=3)
    assert isinstance(engine, Engine)
    assert engine.name == name
    assert engine.seed == 3


def test_an_unknown_engine_is_refused_with_a_list_of_those_there_are():
    with pytest.raises(ValueError, match=r"'vgg'.*infinite, random_cnn_1d, random_cnn_2d"):
        make_engine("vgg")


def test_engines_differ_in_the_cache_when_their_statistics_differ():
    engines = [
        Infinite(),
        Infinite(width=5),
        RandomCNN1D(),
        RandomCNN1D(seed=1),
        RandomCNN1D(width=5),
        RandomCNN1D(n_filters=5),
        RandomCNN1D(depth=2),
        RandomCNN2D(),
        RandomCNN2D(height=50),
        RandomCNN2D(step=5),
    ]
    keys = [repr(sorted(engine.parameters().items())) for engine in engines]
    assert len(set(keys)) == len(engines)
    assert Infinite(seed=1).parameters() == Infinite(seed=2).parameters()


@pytest.mark.parametrize(
    "engine", [Infinite(), RandomCNN1D(n_filters=16), RandomCNN2D(n_filters=16)], ids=repr
)
def test_statistics_from_the_cache_give_the_same_objective(engine, fresh_cache, monkeypatch):
    rate, n_features = 8000, 373
    style = Style((melody(1.5, rate), rate))
    computed = style_statistics(style, engine, n_features, CPU, tick=no_tick)
    monkeypatch.setattr("effects.running.cache._shared", {})  # as in a new process
    monkeypatch.setattr(type(engine), "statistics", None)  # it would not be called
    cached = style_statistics(style, engine, n_features, CPU, tick=no_tick)
    assert cached[0] == computed[0]
    content = spectrogram(40, cached[0], 1, torch.float32)
    active = everywhere(content)
    x = spectrogram(40, cached[0], 2, torch.float32)
    with torch.no_grad():
        first, second = (
            engine.objective(content, active, statistics, tick=no_tick)(x)
            for _, statistics in (computed, cached)
        )
    assert [float(d) for d in first] == [float(d) for d in second]


@pytest.mark.parametrize("make", [Infinite, partial(RandomCNN1D, n_filters=8), small_2d])
def test_an_exception_in_tick_stops_the_engine(make):
    calls = []

    def tick():
        calls.append(1)
        if len(calls) > limit:
            raise Cancelled

    content, style = spectrogram(20, 9, 1), spectrogram(20, 9, 2)
    limit = 1000
    engine = make()
    statistics = engine.statistics(style, everywhere(style), tick=tick)
    objective = engine.objective(content, everywhere(content), statistics, tick=tick)
    before = len(calls)
    objective(content.clone().requires_grad_())
    assert len(calls) > before
    limit = len(calls)
    with pytest.raises(Cancelled):
        objective(content.clone().requires_grad_())
