"""What the machine has to compute with."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator

from plugin_bridge.doctor.fact import Fact

#: NVIDIA's driver, which CUDA needs, as systems call it.
DRIVERS = ("libcuda.so.1", "nvcuda.dll")


def devices() -> Iterator[Fact]:
    """The cores, and whether torch can use a graphics card.

    Torch takes a second to load, so it is asked only where it could say yes.
    """
    from effects.running.cores import cores

    yield Fact("cpu", cores(), f"{cores()} core{'s' if cores() > 1 else ''}")
    yield _cuda()
    yield _mps()


def _cuda() -> Fact:
    if not _has_driver():
        return Fact("cuda", False, "no driver")
    import torch

    if torch.cuda.is_available():
        return Fact("cuda", True, torch.cuda.get_device_name())
    why = "no card that torch can use" if torch.version.cuda else "torch is built without CUDA"
    return Fact("cuda", False, f"a driver, but {why}")


def _has_driver() -> bool:
    for name in DRIVERS:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _mps() -> Fact:
    if sys.platform != "darwin":
        return Fact("mps", False, "no (Apple's)")
    import torch

    there = torch.backends.mps.is_available()
    return Fact("mps", there, "yes" if there else "no")
