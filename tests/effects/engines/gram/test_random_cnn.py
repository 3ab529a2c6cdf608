"""The finite random CNNs against loops over explicit patches and filters."""

import math

import numpy as np
import pytest
import torch
from support.gram import (
    activity,
    filters_of,
    naive_gram,
    naive_layers,
    objective_of,
    patches_in_both,
    small_2d,
    spectrogram,
    weights_of,
)

from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D

pytestmark = pytest.mark.usefixtures("one_torch_thread")


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
        monkeypatch.setattr(RandomCNN2D, "chunk", lambda self, size=size: size)
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
