"""Where torch computes, and how it gives the same bits each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from effects.running.shared_setting import SharedSetting

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


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

    with _TORCH.changed():
        torch.set_num_threads(1)
        yield


def _limit_torch() -> Callable[[], object]:
    import torch

    before = torch.get_num_threads()
    return lambda: torch.set_num_threads(before)


_TORCH = SharedSetting(_limit_torch)
