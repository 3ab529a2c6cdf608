"""How bars are read and judged where only a few of their cells are 1.

The first layer of the bar's encoder is a product with a vector of zeros and ones, which is a sum of
a few columns (`functional.embedding_bag`). The loss is the cross-entropy of each cell, weighted:

    sum over cells of w (softplus(l) - y l),     whose derivative by a logit l is w (sigmoid(l) - y)

so its gradient is the sigmoids less 1 where a cell is 1, and neither y nor the loss is made: a step
takes half of the time that it takes through autograd.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from effects.latent.networks import BarEncoder
from effects.latent.own.score_windows import BAR, Batch


class Bags(NamedTuple):
    """A `Batch` as tensors."""

    cells: Tensor
    offsets: Tensor
    flat: Tensor

    @classmethod
    def of(cls, batch: Batch) -> Bags:
        """The same numbers."""
        return cls(*(torch.from_numpy(it) for it in batch))


def read_bars(encoder: BarEncoder, bags: Bags) -> Tensor:
    """What the encoder says of each bar, ``[bars, HIDDEN]``: as of its roll, from the cells."""
    first = encoder.layers[0]
    columns = cast(Tensor, first.weight).t().contiguous()
    sums = functional.embedding_bag(bags.cells, columns, bags.offsets, mode="sum")
    return cast(Tensor, encoder.layers[1:](sums + cast(Tensor, first.bias)))


def cell_weights(struck: float) -> Tensor:
    """Of each cell of a bar, ``[BAR]``: 1 where it sounds, ``struck`` where it is struck."""
    return torch.tensor([1.0, struck]).repeat(BAR // 2)


def logit_gradient(logits: Tensor, bags: Bags, weights: Tensor, count: int) -> Tensor:
    """The gradient of the cross-entropy over ``count``, ``[bars, BAR]``; see the module."""
    found = torch.sigmoid(logits.detach()).reshape(-1)
    found[bags.flat] -= 1
    return found.reshape(-1, BAR) * weights / count


def divergence(mean: Tensor, spread: Tensor) -> Tensor:
    """Of each posterior from the standard normal distribution in nats, summed over z.

    Args:
        mean: of z.
        spread: the logarithm of its variance.
    """
    return -0.5 * (1 + spread - mean**2 - spread.exp()).sum(1)


def drawn(mean: Tensor, spread: Tensor, draw: torch.Generator) -> Tensor:
    """A sample of each posterior."""
    noise = torch.randn(mean.shape, generator=draw)
    return mean + noise * (0.5 * spread).exp()
