"""The closed form against sums over all pairs of patches, and against nets of many filters."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from support.gram import (
    activity,
    closed_form,
    filters_of,
    objective_of,
    patches_in_both,
    patches_in_time,
    relative,
    spectrogram,
    weights_of,
)

from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.engines.gram.random_cnn_2d import RandomCNN2D

pytestmark = pytest.mark.usefixtures("one_torch_thread")


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
