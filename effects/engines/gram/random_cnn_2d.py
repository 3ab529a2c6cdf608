"""Random filters over time and frequency: the spectrogram is treated as an image.

There is one layer of 4096 filters, as in DeepMix, whose description gives no filter size. These
filters span 11 frames, like those of the 1-D network, and 64 bins (690 Hz). They step by 48 bins:
every bin is seen, and an iteration takes seconds, not minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from effects.engines.gram.objective import Tick, run_tick
from effects.engines.gram.random_cnn import RandomCNN


@dataclass(frozen=True, kw_only=True)
class RandomCNN2D(RandomCNN):
    """Two-dimensional convolution of one channel; see `RandomCNN` for the other options.

    Args:
        height: features (bins) that a filter spans.
        step: features from one position of the filters to the next, at most ``height``.
    """

    name = "random_cnn_2d"
    height: int = 64
    step: int = 48

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.step <= self.height:
            raise ValueError("step must be at least 1 and at most height.")
        if self.depth != 1:
            raise ValueError("random_cnn_2d has one layer: depth must be 1.")

    @property
    def n_iterations(self) -> int:
        """Fewer than usual, because an iteration takes seconds. Not searched."""
        return 12

    def chunk(self) -> int | None:
        """The activations of 32 positions in time fit into memory; not searched."""
        return 32

    def filters(self, n_features: int, like: Tensor) -> list[Tensor]:
        """``n_filters x 1 x width x height``."""
        return [self._draw((self.n_filters, 1, self.width, self.height), 0, like)]

    def layers_of(self, features: Tensor, filters: Sequence[Tensor], tick: Tick) -> list[Tensor]:
        """See `RandomCNN`."""
        # Zeros above the top, so that the last position covers the last features.
        above = -(features.shape[1] - self.height) % self.step
        if features.shape[1] < self.height:
            above = self.height - features.shape[1]
        image = torch.nn.functional.pad(features, (0, above))
        patches = image.unfold(0, self.width, 1).unfold(1, self.height, self.step)
        rows = patches.permute(0, 1, 3, 2).flatten(2)  # [T, positions, height * width]
        kernel = filters[0].permute(0, 1, 3, 2).flatten(1)
        return [torch.relu(run_tick(tick, rows @ kernel.T))]
