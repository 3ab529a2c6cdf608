"""Time per second of audio, and peak memory, for 10 seconds to 20 minutes of stereo.

    python -m benchmarks.speed.long_stems                # about 5 minutes
    python -m benchmarks.speed.long_stems --lengths 10 60

Each length runs in a process of its own, with a warm style cache and all libraries loaded before
the clock starts. Memory is the process's peak, input and output included. The last line says how
the last length's time divides among the stages that the effect reports.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

from benchmarks import script


def measure(seconds: float) -> dict[str, Any]:
    """Restyle so much stereo at 44.1 kHz, in this process."""
    from benchmarks.speed.command_line import stereo
    from effects import StyleTransfer

    effect = StyleTransfer(preset="violin")
    effect(stereo(1), 44_100)
    audio = stereo(seconds)
    stages: list[tuple[float, str]] = []
    effect.on_progress = lambda fraction, stage: stages.append((time.perf_counter(), stage))
    began = time.perf_counter()
    effect(audio, 44_100)
    elapsed = time.perf_counter() - began
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shares: dict[str, float] = {}
    for (start, stage), (end, _) in pairwise([*stages, (began + elapsed, "")]):
        shares[stage] = shares.get(stage, 0) + (end - start) / elapsed
    return {"seconds": elapsed, "gigabytes": kilobytes / 1e6, "shares": shares}


def main() -> None:
    """Run each length and print a table."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "--lengths",
        type=float,
        nargs="+",
        default=[10, 30, 60, 300, 1200],
        metavar="SECONDS",
        help="default: %(default)s",
    )
    parser.add_argument("--only", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only)))
        return
    script.announce(__doc__, "numpy", "onnxruntime")
    print(f"{'length':>8}{'time':>9}{'per second of audio':>21}{'relative':>10}{'memory':>9}")
    first = None
    for length in options.lengths:
        command = [sys.executable, "-m", "benchmarks.speed.long_stems", "--only", str(length)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        result = json.loads(run.stdout)
        each = result["seconds"] / length
        first = first or each
        print(
            f"{length:7.0f}s{result['seconds']:8.1f}s{1000 * each:18.1f} ms{each / first:9.2f}x"
            f"{result['gigabytes']:6.2f} GB",
            flush=True,
        )
    print(", ".join(f"{stage} {share:.0%}" for stage, share in result["shares"].items()))


if __name__ == "__main__":
    main()
