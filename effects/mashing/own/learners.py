"""The networks that can be trained on one's own mashups, and how both are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor, nn

from effects.mashing.networks.attention import Attention
from effects.mashing.networks.lstm import Lstm

OUTPUTS = 2  # logits of a bin: of its gain if its song is A, and if it is B
LEARNERS: Mapping[str, Callable[[int], nn.Module]] = MappingProxyType(
    {it.name: it for it in (Attention, Lstm)}
)
"""By name; each is made with how many outputs it has."""


def gains_of(network: nn.Module, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The gains of songs A and B, 0 to 1; all are ``[batch, frames, bins]``."""
    of_a, of_b = network(a, b)
    return of_a[:, 0].sigmoid(), of_b[:, 1].sigmoid()


def parameters_of(network: nn.Module) -> int:
    """How many numbers are learnt."""
    return sum(it.numel() for it in network.parameters())
