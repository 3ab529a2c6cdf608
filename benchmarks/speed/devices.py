"""Engines that compute with torch, on each device that it finds, beside the CPU.

    python -m benchmarks.speed.devices                     # about 5 minutes on a CPU
    python -m benchmarks.speed.devices --engines infinite

Networks have drawn weights. Times are of whole calls, the median of the runs, after a short call
that warms up; a network is made anew in each. On the CPU, torch has one thread, as in any call. The
difference is the largest one of any two samples, in dB relative to the largest sample of the CPU's
output.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time

import numpy as np
import torch

from benchmarks import script
from benchmarks.speed.calls import RATE, stem
from benchmarks.speed.stems import PRESETS, STEMS
from effects import StyleTransfer
from effects.engines import DEFAULT_ENGINE, ENGINES
from effects.signal.arrays import Audio

WITH_TORCH = [name for name in ENGINES if name != DEFAULT_ENGINE]
SHORT = 0.5  # seconds, to warm up


def devices() -> dict[str, str]:
    """What this machine has of `effects.running.devices.DEVICES`, the CPU first, by torch's names.

    The CPU and Apple's GPU, for which torch has no names, are named by their architecture.
    """
    found = {"cpu": f"CPU ({platform.machine()})"}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        found["mps"] = f"MPS ({platform.machine()})"
    return found


def restyled(engine: str, device: str, audio: Audio, runs: int) -> tuple[Audio, float]:
    """The output, and how many seconds a call takes."""
    effect = StyleTransfer(preset=PRESETS[0], engine=engine, device=device)
    effect(audio[:, : round(SHORT * RATE)], RATE)
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        output = effect(audio, RATE)
        times.append(time.perf_counter() - began)
    return output, statistics.median(times)


def difference_db(output: Audio, wanted: Audio) -> float:
    """The largest difference of two samples, relative to the largest that is wanted."""
    most = float(np.abs(output - wanted).max() / np.abs(wanted).max())
    return 20 * float(np.log10(most)) if most else -np.inf


def main() -> None:
    """Restyle by each engine on each device, and print a row for each."""
    options = _options()
    script.announce(__doc__, "torch")
    found = devices()
    if len(found) == 1:
        print("Torch finds no GPU here: these are the CPU's rows.\n")
    print(f"{'engine':16}{'device':36}{'seconds':>9}{'of the CPU':>12}{'difference':>14}")
    audio = stem(STEMS["guitar"], options.seconds)
    for engine in options.engines:
        for device, name in found.items():
            script.say(f"{engine} on {name}")
            output, seconds = restyled(engine, device, audio, options.runs)
            row = f"{engine:16}{name:36}{seconds:9.2f}"
            if device == "cpu":
                wanted, usual = output, seconds
            else:
                row += f"{seconds / usual:12.2f}{difference_db(output, wanted):11.1f} dB"
            print(row, flush=True)


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--engines",
        nargs="+",
        choices=WITH_TORCH,
        default=WITH_TORCH,
        metavar="NAME",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="how long the stem is (%(default)s)"
    )
    parser.add_argument("--runs", type=script.count, default=1, help="of each (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
