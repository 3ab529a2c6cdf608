"""What the published networks share: style and content as the layers of a trained CNN see them.

Style is the Gram matrix of each style layer's activations over all positions, content the
activations of the content layers (Gatys, Ecker & Bethge 2016). The distances of a layer are divided
by the size of the style's own Gram matrix, or of the content's own activations, so that all layers
count the same. Gatys et al. scaled the weights of their network to that end; He, Wang & Hopcroft
(2016) scaled the terms of the sum, as is done here.

A network runs over the whole length of a clip, as convolutions can. In training it saw excerpts
with zeros around each.

Without a file the weights are drawn: zero-mean normal numbers of variance 2 / inputs, no biases. So
activations neither grow nor fade with depth (He et al. 2015). Another variance would change
nothing, since it scales a layer as a whole, and distances are relative.
"""

from __future__ import annotations

import copy
import functools
import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from effects.engines.gram.engine import GramEngine
from effects.engines.gram.objective import Objective, Statistics, Tick, normal, run_tick
from effects.learned.checkpoint import Layout, Stamp, digest, load, stamp


@dataclass(frozen=True, kw_only=True)
class Network(GramEngine):
    """A network that was trained for something else.

    A subclass gives `name`, `layouts`, `layer_names` and the default layers, `n_frames_min`,
    `activations`, and a `resolution` if the network was trained on another spectrogram.

    Args:
        weights: the file of weights; None draws them with ``seed``.
        style_layers: layers whose Gram matrices are the style.
        content_layers: layers whose activations are the content.
        iterations: of L-BFGS, for each window.
    """

    layouts: ClassVar[tuple[Layout, ...]]
    layer_names: ClassVar[tuple[str, ...]]
    exact = True

    weights: str | os.PathLike[str] | None = None
    style_layers: tuple[str, ...] = ()
    content_layers: tuple[str, ...] = ()
    iterations: int = 24  # as `GramFeatures.n_iterations`

    def __post_init__(self) -> None:
        if not self.style_layers or not self.content_layers:
            raise ValueError(f"{self.name} needs at least one style layer and one content layer.")
        for layer in (*self.style_layers, *self.content_layers):
            if layer not in self.layer_names:
                raise ValueError(
                    f"{self.name} has no layer {layer!r}; choose from: "
                    f"{', '.join(self.layer_names)}."
                )
        if self.iterations < 1:
            raise ValueError("iterations must be at least 1.")
        if self.weights is not None:
            stamp(self.weights)

    @abstractmethod
    def activations(self, network: nn.Module, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The layers of ``features``, ``[T, n_features]``, in the order of `layer_names`.

        Yields the name of each layer and its activations, ``[channels, time, *]``. No layer is
        asked for beyond the last that is needed.
        """

    def draw(self, network: nn.Module, seed: int) -> None:
        """Fill the parameters and buffers of ``network`` with random weights, in place."""
        for n, (name, tensor) in enumerate(network.state_dict().items()):
            if tensor.ndim > 1:
                std = (2 / tensor[0].numel()) ** 0.5
                # A large factor: tensors of neighbouring seeds do not get the same numbers.
                tensor.copy_(normal(tuple(tensor.shape), std, seed + 1_000_003 * n, tensor))
            else:
                is_scale = name.endswith((".running_var", ".weight"))  # of a batch normalisation
                tensor.fill_(1.0 if is_scale else 0.0)

    def read(self) -> None:
        """Read the file of weights, if there is one, so that errors are raised at once.

        Raises:
            ValueError: it is not the engine's file.
            OSError: it cannot be opened.
        """
        if self.weights is not None:
            network_in_memory(type(self), stamp(self.weights), 0)

    @property
    def label(self) -> str:
        """The engine's name, and where the weights are from."""
        source = f"random weights, seed {self.seed}"
        return f"{self.name} ({source if self.weights is None else Path(self.weights).name})"

    @property
    def n_iterations(self) -> int:
        """L-BFGS iterations for each window."""
        return self.iterations

    def parameters(self) -> dict[str, Any]:
        """The options on which statistics depend, with the digest of the weights or the seed."""
        options = {"engine": self.name, **asdict(self)}
        del options["content_layers"], options["iterations"]
        if self.weights is not None:
            del options["seed"]
            options["weights"] = digest(stamp(self.weights))
        return options

    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """The Gram matrix of each style layer."""
        tick()
        with torch.no_grad():
            gram = functools.partial(_gram, active=active.cpu())
            return self.look(self.network(style), style, self.style_layers, tick, gram)

    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """Squared differences of Gram matrices and of activations, relative, mean over layers."""
        tick()
        return _Objective(self, self.network(content), content, active, statistics, tick)

    def network(self, like: Tensor) -> nn.Module:
        """The network, on the device and in the precision of ``like``."""
        file = stamp(self.weights) if self.weights is not None else None
        network = network_in_memory(type(self), file, 0 if file else self.seed)
        if like.device.type == "cpu" and like.dtype == torch.float32:
            return network
        return copy.deepcopy(network).to(like.device, like.dtype)

    def look(
        self,
        network: nn.Module,
        features: Tensor,
        names: tuple[str, ...],
        tick: Tick,
        take: Callable[[Tensor], Tensor] = lambda layer: layer,
    ) -> dict[str, Tensor]:
        """What ``take`` makes of the layers ``names``; the other layers are dropped at once."""
        taken: dict[str, Tensor] = {}
        for name, layer in self.activations(network, features):
            ticking = run_tick(tick, layer)
            if name in names:
                taken[name] = take(ticking)
            if len(taken) == len(set(names)):
                break
        return taken


def vgg_features(channels: int, blocks: Sequence[tuple[int, int]]) -> nn.Sequential:
    """VGG's blocks of 3 x 3 convolutions with ReLU, each block followed by a halving.

    Layers are numbered as in the published files, ReLUs and pooling included.

    Args:
        channels: of the input.
        blocks: the number of filters and of convolutions, for each block.
    """
    layers: list[nn.Module] = []
    for n_filters, depth in blocks:
        for _ in range(depth):
            layers += [nn.Conv2d(channels, n_filters, 3, padding=1), nn.ReLU(inplace=True)]
            channels = n_filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class _Objective(Objective):
    style_scale = content_scale = 1.0  # each layer's distance is relative already

    def __init__(
        self,
        engine: Network,
        network: nn.Module,
        content: Tensor,
        active: Tensor,
        style: Statistics,
        tick: Tick,
    ) -> None:
        self._engine, self._network, self._tick = engine, network, tick
        self._active, self._style = active.cpu(), style
        with torch.no_grad():
            self._content = engine.look(network, content, engine.content_layers, tick)

    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        engine = self._engine
        names = (*engine.style_layers, *engine.content_layers)
        layers = engine.look(self._network, features, names, self._tick)
        style, content = features.new_zeros(()), features.new_zeros(())
        for name in engine.style_layers:
            wanted = self._style[name]
            gap = ((_gram(layers[name], self._active) - wanted) ** 2).mean()
            style = style + gap / (wanted**2).mean().clamp_min(1e-30)
        for name in engine.content_layers:
            wanted = self._content[name]
            gap = self._mean((layers[name] - wanted) ** 2)
            content = content + gap / self._mean(wanted**2).clamp_min(1e-30)
        return style / len(engine.style_layers), content / len(engine.content_layers)

    def _mean(self, layer: Tensor) -> Tensor:
        """The mean of ``[channels, time, *]`` over the positions that are not rests."""
        flat = layer.flatten(2).mean(dim=(0, 2)) if layer.ndim > 2 else layer.mean(dim=0)
        return (_weights(self._active, layer) * flat).sum()


def _weights(active: Tensor, layer: Tensor) -> Tensor:
    """The weights of the times of ``layer``, ``[channels, time, *] -> [time]``, with the sum 1.

    Times under which something sounds weigh the same, the others nothing. ``active`` is on the CPU,
    since not every device can pool to any length.
    """
    weight = torch.nn.functional.adaptive_max_pool1d(active[None], layer.shape[1])[0]
    return (weight / weight.sum().clamp_min(1)).to(layer)


def _gram(layer: Tensor, active: Tensor) -> Tensor:
    """The mean of f fᵀ over the positions that are not rests: ``[C, time, *], [T] -> [C, C]``.

    With √(w / P) f as the columns of a matrix, P being the positions at one time, it is a product
    of matrices.
    """
    weight = _weights(active, layer).sqrt()
    flat = layer.flatten(2) if layer.ndim > 2 else layer[..., None]
    rows: Tensor = (flat * (weight[:, None] / flat.shape[2] ** 0.5)).flatten(1)
    return rows @ rows.T


@functools.lru_cache(maxsize=2)  # few, since networks are large; not searched
def network_in_memory(engine: type[Network], file: Stamp | None, seed: int) -> nn.Module:
    """The network on the CPU, from ``file`` or drawn. It is shared: never write to it."""
    if file is not None:
        return load(file[0], engine.layouts)
    layout = engine.layouts[0]
    network = layout.shorten(layout.empty()).to_empty(device="cpu")
    engine().draw(network, seed)
    return network
