"""Networks, and how far their training is, as arrays that a file keeps, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Parts = dict[str, dict[str, Tensor]]
"""Tensors by name, of several things that are trained together."""


def arrays_of(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, NDArray[Any]]:
    """All tensors as arrays, each named ``part/name``."""
    return {
        f"{part}/{name}": tensor.cpu().numpy()
        for part, it in parts.items()
        for name, tensor in it.items()
    }


def parts_of(arrays: Mapping[str, NDArray[Any]]) -> Parts:
    """The inverse of `arrays_of`.

    Raises:
        ValueError: an array is not named so.
    """
    parts: Parts = {}
    for name, array in arrays.items():
        part, key = name.split("/", 1)
        parts.setdefault(part, {})[key] = torch.from_numpy(array.copy())
    return parts


def with_adam(
    parts: Mapping[str, Mapping[str, Tensor]], adam: torch.optim.Adam
) -> dict[str, NDArray[Any]]:
    """As `arrays_of`, with what Adam knows."""
    own = {f"adam {number}": it for number, it in adam.state_dict()["state"].items()}
    return arrays_of({**parts, **own})


def take_adam(arrays: Mapping[str, NDArray[Any]], adam: torch.optim.Adam) -> Parts:
    """The inverse of `with_adam`: Adam takes what it knew; the other parts are returned.

    Raises:
        ValueError, KeyError, RuntimeError: the arrays are others.
    """
    parts = parts_of(arrays)
    names = [it for it in parts if it.startswith("adam ")]
    known = {int(it.removeprefix("adam ")): parts.pop(it) for it in names}
    groups = adam.state_dict()["param_groups"]
    adam.load_state_dict({"state": known, "param_groups": groups})
    return parts


def fill(network: nn.Module, state: Mapping[str, NDArray[Any]], whose: str) -> None:
    """Give a network the weights of a file.

    Args:
        network: it keeps its own if anything is wrong.
        state: arrays by the names of the network's tensors.
        whose: what the network is, for messages.

    Raises:
        ValueError: there are others than the network has, or some are not finite.
    """
    own = network.state_dict()
    for key, tensor in own.items():
        found = state.get(key)
        if found is None or found.shape != tuple(tensor.shape):
            raise ValueError(f"has other weights than {whose}")
        if found.dtype != tensor.numpy().dtype:
            raise ValueError(f"has other weights than {whose}")
        if not np.isfinite(found).all():
            raise ValueError("holds NaN or infinity")
    if len(state) != len(own):
        raise ValueError(f"has other weights than {whose}")
    network.load_state_dict({key: torch.from_numpy(it.copy()) for key, it in state.items()})
