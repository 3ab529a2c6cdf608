"""Where torch computes, and how it gives the same bits each time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from effects.running.forks import in_forked_children

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")

_lock = threading.Lock()
_computing = 0
_threads_before = 1


def pick_device(name: str) -> torch.device:
    """The device of that name; ``"auto"`` is CUDA, else Apple's MPS, else the CPU.

    Raises:
        ValueError: this machine has no such device.
    """
    import torch

    has = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(device for device, there in has.items() if there))
    if not has[name]:
        raise ValueError(f"This machine has no {name!r} device: use device='auto' or 'cpu'.")
    return torch.device(name)


def check_device(name: str) -> None:
    """Raise ValueError if this machine has no such device; torch is loaded only if needed."""
    if name not in ("auto", "cpu"):
        pick_device(name)


@in_forked_children
def _renew() -> None:
    """Forget the calls of threads that are not in the child; torch keeps its one thread."""
    global _lock, _computing
    _lock, _computing = threading.Lock(), 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Give torch one CPU thread per call of an effect, while any call lasts.

    Torch's steps are short. Spread over cores, they take a third less time on an idle machine, and
    ten times as long on a busy one, where every step waits for the slowest core. Rounding would
    also depend on the number of cores. Several calls at once still use several cores.

    Enter this in a thread that ends with the work: one part of torch's setting belongs to the
    thread. The other part belongs to the process, and is restored when the last call ends.
    """
    import torch

    global _computing, _threads_before  # noqa: PLW0603 - torch's setting is global, too
    with _lock:
        if _computing == 0:
            _threads_before = torch.get_num_threads()
        _computing += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _computing -= 1
            if _computing == 0:
                torch.set_num_threads(_threads_before)
