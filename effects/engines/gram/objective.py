"""Distances of a spectrogram from a style and a content, and what engines build them of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Tick = Callable[[], None]
Statistics = Mapping[str, Tensor]


class Objective(ABC):
    """The distances of a spectrogram from one style and one content, to be differentiated.

    ``style_scale`` and ``content_scale`` are the size of the style's and of the content's own
    features in the units of the distances: divided by them, distances of different clips, sizes
    and engines can be compared.
    """

    style_scale: float
    content_scale: float

    @abstractmethod
    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """``[T, n_features]`` -> mean squared difference of the Gram matrices from the style's,
        and of the features from the content's.
        """


def patch_weights(active: Tensor, width: int) -> Tensor:
    """``[T] -> [T - width + 1]``, sum 1: equal for the patches with at least one active frame."""
    weight = active.unfold(0, width, 1).amax(dim=1)
    return weight / weight.sum().clamp_min(1)


def run_tick(tick: Tick, tensor: Tensor) -> Tensor:
    """``tensor``, and ``tick`` is also called when its gradient is computed."""
    tick()
    if tensor.requires_grad:
        tensor.register_hook(lambda _: tick())  # type: ignore[no-untyped-call]
    return tensor


def normal(shape: tuple[int, ...], std: float, seed: int, like: Tensor) -> Tensor:
    """Normal numbers that depend on ``seed`` alone, not on the device."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) * std).to(like)
