"""Distances of a spectrogram from a style and a content, and what engines build them from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Tick = Callable[[], None]
Statistics = Mapping[str, Tensor]


class Objective(ABC):
    """The distances of a spectrogram from one style and one content, to be differentiated.

    Attributes:
        style_scale: the size of the style's own features, in the units of the style distance.
            Divided by it, distances of different clips, lengths and engines can be compared.
        content_scale: the same for the content.
    """

    style_scale: float
    content_scale: float

    @abstractmethod
    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The style and the content distance of features, ``[T, n_features]``.

        They are the mean squared differences of the Gram matrices from the style's, and of the
        activations from the content's.
        """

    def relative(self, style: Tensor, content: Tensor) -> tuple[float, float]:
        """The distances divided by the scales."""
        return (
            style.item() / max(self.style_scale, 1e-30),
            content.item() / max(self.content_scale, 1e-30),
        )


def patch_weights(active: Tensor, width: int) -> Tensor:
    """The weights of patches of ``width`` frames: ``[T] -> [T - width + 1]``, with the sum 1.

    All patches with at least one active frame weigh the same, the others nothing.
    """
    weight = active.unfold(0, width, 1).amax(dim=1)
    return weight / weight.sum().clamp_min(1)


def run_tick(tick: Tick, tensor: Tensor) -> Tensor:
    """Return ``tensor``; ``tick`` is called now, and again when its gradient is computed."""
    tick()
    if tensor.requires_grad:
        tensor.register_hook(lambda _: tick())  # type: ignore[no-untyped-call]
    return tensor


def normal(shape: tuple[int, ...], std: float, seed: int, like: Tensor) -> Tensor:
    """Normal numbers of mean 0 that depend on ``seed`` alone, not on the device of ``like``."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) * std).to(like)
