"""Spectrograms for the tests of engines that compare Gram matrices, and naive twins of these.

The twins form every patch and every filter, in NumPy, one at a time.
"""

import math

import numpy as np
import torch

from effects.engines.gram.random_cnn_2d import RandomCNN2D


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


# The finite engines


def filters_of(engine, like):
    return engine.filters(like.shape[1], like)
