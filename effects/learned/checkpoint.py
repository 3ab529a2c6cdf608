"""Files of trained weights: read without running code in them, and checked by their contents."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from effects.learned import saved
from effects.learned.weights import find_weights

Stamp = tuple[str, int, int]
"""A file's path, its size in bytes, and when it was written, in ns."""


@dataclass(frozen=True)
class Layout:
    """A published file, which has one tensor for every parameter and buffer of a module.

    Args:
        file: whose it is, and its name, for messages.
        make: makes the module, on any device, with the file's names and shapes.
        unwrap: turns the contents of the file into the state of the module. For another file it
            may raise any exception.
        unused: parts of the module that no engine uses. They are checked, then dropped.
    """

    file: str
    make: Callable[[], nn.Module]
    unwrap: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda found: found
    unused: Sequence[str] = ()

    def empty(self) -> nn.Module:
        """The module with its shapes, but without values."""
        with torch.device("meta"):
            return self.make()

    def shorten(self, module: nn.Module) -> nn.Module:
        """The module without its unused parts, ready to compute."""
        for name in self.unused:
            delattr(module, name)
        return module.eval().requires_grad_(False)


def load(path: str, layouts: Sequence[Layout]) -> nn.Module:
    """The module whose layout the file has, with the file's weights, in single precision.

    Raises:
        FileNotFoundError, PermissionError: it cannot be opened.
        ValueError: it has none of the ``layouts``; the message says which were expected.
    """
    expected = " or ".join(layout.file for layout in layouts)
    found = _read(path, expected)
    reasons = []
    for layout in layouts:
        module = layout.empty()
        try:
            state = dict(layout.unwrap(found))
        except Exception:  # another file's structure
            state = {}
        reason = _difference(state, module.state_dict())
        if reason:
            reasons.append(reason)
            continue
        module.load_state_dict(state, strict=True, assign=True)
        module = layout.shorten(module)
        own = {name: _own(tensor) for name, tensor in module.state_dict().items()}
        if not all(bool(torch.isfinite(tensor).all()) for tensor in own.values()):
            raise ValueError(f"The weights in {path!r} hold NaN or infinity: fetch {expected}.")
        module.load_state_dict(own, assign=True)
        return module.requires_grad_(False)
    raise ValueError(f"{path!r} has other weights ({reasons[0]}): expected {expected}.")


def stamp(path: str | os.PathLike[str]) -> Stamp:
    """A value that changes when the file changes, found without reading the file.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no such file.
    """
    name = find_weights(path)
    status = Path(name).stat()
    return name, status.st_size, status.st_mtime_ns


@functools.lru_cache(maxsize=8)  # files; not searched
def digest(file: Stamp) -> str:
    """SHA-256 of the file's bytes."""
    with Path(file[0]).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read(path: str, expected: str) -> Mapping[str, Any]:
    with Path(path).open("rb"):
        pass  # the system's error is clearer than what follows
    try:
        found = saved.read(path)
        if not isinstance(found, Mapping):
            raise TypeError("not a dict")
    except MemoryError:
        raise
    except Exception as error:  # a damaged file raises almost anything
        raise ValueError(
            f"{path!r} cannot be read as weights (damaged, or not saved by PyTorch): "
            f"expected {expected}."
        ) from error
    return found


def _difference(state: Mapping[str, Any], wanted: Mapping[str, Tensor]) -> str:
    """What is wrong with ``state``, in a few words; empty if nothing is."""
    for name, tensor in wanted.items():
        if name not in state:
            return f"there is no {name}"
        found = state[name]
        if not isinstance(found, Tensor) or found.layout != torch.strided or found.is_quantized:
            return f"{name} is no tensor of numbers"
        if found.is_floating_point() != tensor.is_floating_point():
            return f"{name} is {found.dtype}"
        if found.shape != tensor.shape:
            return f"{name} is {tuple(found.shape)}, not {tuple(tensor.shape)}"
    more = [str(name) for name in state if name not in wanted]
    return f"{more[0][:80]} is too much" if more else ""


def _own(tensor: Tensor) -> Tensor:
    """A copy that no longer needs the file; in single precision unless it holds integers."""
    return tensor.to(torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)
