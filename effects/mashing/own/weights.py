"""Files of one's own weights: written whole, read as if by an enemy, and asked by a mashup."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from effects.learned import array_file
from effects.learned.weights import find_weights
from effects.mashing.networks import BINS, HALVED
from effects.mashing.networks.wanted import Magnitudes, Wanted

if TYPE_CHECKING:
    from torch import nn

KIND = "restyle mashup weights"
VERSION = 1
MOST_BYTES = 256 << 20  # the larger network takes 22 MB
TOP_BINS = 16  # whose gains go on above what a network hears: 170 Hz; not searched


class Trained:
    """A network that was trained on one's own mashups: a `effects.mashing.networks.wanted.Hears`.

    Attributes:
        network: in torch, ready to compute.
        about: what the file says of itself: name, seed, figures...
    """

    def __init__(self, network: nn.Module, about: Mapping[str, Any]) -> None:
        self.network, self.about = network, about

    def wanted(self, a: Magnitudes, b: Magnitudes) -> Wanted:
        """How much of two songs is to be heard: see `Hears`."""
        import torch

        from effects.mashing.own.learners import gains_of
        from effects.running.devices import one_thread

        frames, bins = a.shape
        if b.shape != a.shape:
            raise ValueError(f"Both songs need the same shape, not {a.shape} and {b.shape}.")
        more = ((0, -frames % HALVED), (0, max(BINS - bins, 0)))
        heard = [torch.from_numpy(np.pad(it, more)[None, :, :BINS]) for it in (a, b)]
        with one_thread(), torch.inference_mode():
            gains = gains_of(self.network, *heard)
        return Wanted(*(_spread(it[0, :frames].numpy(), bins) for it in gains))


def _spread(gains: Magnitudes, bins: int) -> Magnitudes:
    """Of all bins: above those that a network hears, as the highest of these on average."""
    above = gains[:, -TOP_BINS:].mean(1, keepdims=True)
    more = np.broadcast_to(above, (len(gains), max(bins - gains.shape[1], 0)))
    return np.concatenate([gains[:, :bins], more], 1, dtype=np.float32)


def save(path: Path, network: nn.Module, about: Mapping[str, Any]) -> None:
    """Write a file of weights, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    state = {name: it.cpu().numpy() for name, it in network.state_dict().items()}
    array_file.save(path, state, {**about, "kind": KIND, "version": VERSION})


def load(path: str | os.PathLike[str]) -> Trained:
    """The network of a file.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: it cannot be opened.
        ValueError: it holds no such weights, or is damaged.
    """
    name = find_weights(path)
    remedy = "name a file that restyle mashup train has written"
    try:
        state, about = array_file.load(Path(name), MOST_BYTES)
        if (about.get("kind"), about.get("version")) != (KIND, VERSION):
            raise ValueError("holds no weights of a mashup, or another version's")
        network = _filled(about.get("network"), state)
    except ValueError as error:
        raise ValueError(f"{name!r} {error}: {remedy}.") from error
    return Trained(network.eval().requires_grad_(False), about)


def _filled(name: object, state: Mapping[str, Any]) -> nn.Module:
    from effects.learned.training_state import fill
    from effects.mashing.own.learners import LEARNERS, OUTPUTS

    if not isinstance(name, str) or name not in LEARNERS:
        raise ValueError(f"is of a network {str(name)[:40]!r}, which there is not")
    network = LEARNERS[name](OUTPUTS)
    fill(network, state, f"the network {name!r}")
    return network
