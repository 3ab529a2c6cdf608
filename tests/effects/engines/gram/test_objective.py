"""What every objective keeps: its gradients are right, and it can be stopped."""

from functools import partial

import pytest
import torch
from support.gram import (
    activity,
    everywhere,
    objective_of,
    small_2d,
    spectrogram,
)

from effects.engines.gram.infinite import Infinite
from effects.engines.gram.random_cnn_1d import RandomCNN1D
from effects.running.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_torch_thread")


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
