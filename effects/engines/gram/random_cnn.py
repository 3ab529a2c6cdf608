"""What the finite random CNNs share: filters that are drawn, and never trained.

Style is the Gram matrix of each layer's features over all positions, content the features of the
last layer (Gatys, Ecker & Bethge 2016, with random filters after Ulyanov & Lebedev 2016).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from effects.engines.gram.engine import GramEngine
from effects.engines.gram.objective import Objective, Statistics, Tick, normal, patch_weights


@dataclass(frozen=True, kw_only=True)
class RandomCNN(GramEngine):
    """A stack of convolutions with ReLU, no bias, no padding.

    Args:
        n_filters: filters of every layer.
        width: frames that a filter of one layer spans.
        depth: layers.
    """

    n_filters: int = 4096
    width: int = 11
    depth: int = 1

    def __post_init__(self) -> None:
        for option in ("n_filters", "width", "depth"):
            if getattr(self, option) < 1:
                raise ValueError(f"{option} must be at least 1.")

    @property
    def n_frames_min(self) -> int:
        """The receptive field of the last layer."""
        return self.receptive_field(self.depth)

    @abstractmethod
    def filters(self, n_features: int, like: Tensor) -> list[Tensor]:
        """The drawn weights of each layer; ``like`` has their device and precision."""

    @abstractmethod
    def layers_of(self, features: Tensor, filters: Sequence[Tensor], tick: Tick) -> list[Tensor]:
        """Activations of each layer, ``[T - receptive field + 1, positions, n_filters]``.

        The positions are in frequency.
        """

    def chunk(self) -> int | None:
        """How many positions in time to look at together, to limit memory; None for all."""
        return None

    def receptive_field(self, layer: int) -> int:
        """Frames that a position of a layer depends on; the first layer is 1."""
        return layer * (self.width - 1) + 1

    def _std(self, n_inputs: int, n_weights: int) -> float:
        """√2 · √(2 / ((inputs + filters) · weights per input)), as in Ulyanov & Lebedev.

        It is Glorot & Bengio's initialisation (2010), times √2.
        """
        return math.sqrt(2) * math.sqrt(2 / ((n_inputs + self.n_filters) * n_weights))

    def _draw(self, shape: tuple[int, ...], layer: int, like: Tensor) -> Tensor:
        n_weights = math.prod(shape[2:])
        # A large factor, so that layers of neighbouring seeds do not get the same numbers.
        return normal(shape, self._std(shape[1], n_weights), self.seed + 1_000_003 * layer, like)

    def patch_weights(self, active: Tensor) -> list[Tensor]:
        """The weights of the positions in time, for each layer."""
        return [
            patch_weights(active, self.receptive_field(layer + 1)) for layer in range(self.depth)
        ]

    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """One ``n_filters x n_filters`` Gram matrix per layer."""
        with torch.no_grad():
            view = _View(self, self.filters(style.shape[1], style), active, tick)
            grams, _ = view.grams(style, None)
        return {f"gram{layer}": gram for layer, gram in enumerate(grams)}

    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """Squared differences of the Gram matrices and of the last layer's features."""
        view = _View(self, self.filters(content.shape[1], content), active, tick)
        return _Objective(view, content, [statistics[f"gram{n}"] for n in range(self.depth)])


class _View:
    """A network applied to spectrograms of one length and with one pattern of rests."""

    def __init__(
        self, network: RandomCNN, filters: Sequence[Tensor], active: Tensor, tick: Tick
    ) -> None:
        self.network, self.filters, self.tick = network, filters, tick
        self.weights = network.patch_weights(active)

    def spans(self) -> Iterator[slice]:
        """Stretches of positions in time, the whole or in chunks."""
        n = len(self.weights[-1])
        step = self.network.chunk() or n
        return (slice(start, min(start + step, n)) for start in range(0, n, step))

    def layers(self, features: Tensor, span: slice) -> list[Tensor]:
        """Activations at the positions of ``span``."""
        frames = features[span.start : span.stop + self.network.n_frames_min - 1]
        return self.network.layers_of(frames, self.filters, self.tick)

    def grams(
        self, features: Tensor, content: Sequence[Tensor] | None
    ) -> tuple[list[Tensor], Tensor]:
        """Gram matrices of all layers, and the distance from the content's last activations.

        ``content`` has these activations, chunk by chunk; None leaves the distance 0.
        """

        def look(span: slice, wanted: Tensor | None) -> tuple[Tensor, ...]:
            layers = self.layers(features, span)
            whole = self.network.chunk() is None
            grams = [
                _gram(layer, weight if whole else weight[span])
                for layer, weight in zip(layers, self.weights, strict=True)
            ]
            gap = features.new_zeros(())
            if wanted is not None:
                difference = ((layers[-1] - wanted) ** 2).mean(dim=(1, 2))
                gap = (self.weights[-1][span] * difference).sum()
            return (*grams, gap)

        total: list[Tensor] | None = None
        for n, span in enumerate(self.spans()):
            wanted = content[n] if content is not None else None
            if self.network.chunk() is None or not features.requires_grad:
                part = look(span, wanted)
            else:  # keeps one chunk's activations at a time, and recomputes them for the gradient
                part = checkpoint(look, span, wanted, use_reentrant=False)
            sums = total or [torch.zeros_like(tensor) for tensor in part]
            total = [a + b for a, b in zip(sums, part, strict=True)]
        assert total is not None
        return total[:-1], total[-1]


class _Objective(Objective):
    def __init__(self, view: _View, content: Tensor, style: Sequence[Tensor]) -> None:
        self._view, self._style = view, style
        self.style_scale = sum(float((gram**2).mean()) for gram in style)
        with torch.no_grad():
            self._content = [view.layers(content, span)[-1] for span in view.spans()]
            size = torch.cat([(layer**2).mean(dim=(1, 2)) for layer in self._content])
            self.content_scale = float((view.weights[-1] * size).sum())

    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        grams, gap = self._view.grams(features, self._content)
        distance = features.new_zeros(())
        for gram, wanted in zip(grams, self._style, strict=True):
            distance = distance + ((gram - wanted) ** 2).mean()
        return distance, gap


def _gram(layer: Tensor, weight: Tensor) -> Tensor:
    """Σ_t w_t f fᵀ, the mean over the positions in frequency: ``[T, B, F], [T] -> [F, F]``.

    With √(w_t / B) f as the rows of a matrix, it is a product of matrices.
    """
    rows = (weight / layer.shape[1]).sqrt()[:, None, None] * layer
    flat = rows.reshape(-1, layer.shape[2])
    return flat.T @ flat
