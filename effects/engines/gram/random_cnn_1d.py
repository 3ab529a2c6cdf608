"""Random filters over time, with the frequency bins as channels (Ulyanov & Lebedev 2016).

The published settings are the defaults, one layer of 4096 filters of 11 frames; the two-layer
variant is ``RandomCNN1D(n_filters=2048, depth=2)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.engines.gram.objective import Tick, run_tick
from effects.engines.gram.random_cnn import RandomCNN

BLOCK = 512  # filters convolved at once: few, so that a cancelled run stops soon; not searched


@dataclass(frozen=True, kw_only=True)
class RandomCNN1D(RandomCNN):
    """One-dimensional convolutions; see `RandomCNN` for the options."""

    name = "random_cnn_1d"

    def filters(self, n_features: int, like: Tensor) -> list[Tensor]:
        """``n_filters x inputs x width`` for each layer."""
        inputs = [n_features] + [self.n_filters] * (self.depth - 1)
        return [
            self._draw((self.n_filters, n, self.width), layer, like)
            for layer, n in enumerate(inputs)
        ]

    def layers_of(self, features: Tensor, filters: Sequence[Tensor], tick: Tick) -> list[Tensor]:
        """See `RandomCNN`; there is one position in frequency."""
        layers, signal = [], features.T[None]
        for weight in filters:
            parts = torch.split(weight, BLOCK)
            blocks = [run_tick(tick, torch.conv1d(signal, part)) for part in parts]
            signal = torch.relu(torch.cat(blocks, dim=1))
            layers.append(signal[0].T[:, None, :])
        return layers
