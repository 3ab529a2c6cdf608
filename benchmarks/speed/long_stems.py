"""Time per second of audio, and peak memory, for 10 seconds to 20 minutes of stereo.

    python -m benchmarks.speed.long_stems                # about 3 minutes
    python -m benchmarks.speed.long_stems --hour         # up to an hour, about 7 minutes
    python -m benchmarks.speed.long_stems --lengths 10 60

Each length runs in a process of its own, with the style and all libraries loaded before the clock
starts. Memory is the process's peak: the input, the output and the effect.

The time and the processor time of all threads are also given per second of audio. The exponent p is
that of processor time = length^p from one line to the next: 1 is linear, and what a call costs
anyway makes it less. The last line says how the last length's time divides among the stages that
the effect reports.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

from benchmarks import script
from benchmarks.speed.calls import Answer, Request
from benchmarks.speed.stems import LOOP, PRESETS
from benchmarks.speed.versions import ROOT, Process, Version, use_cores

HOUR = 3600.0  # seconds


def exponent(shorter: float, cost: float, longer: float, more: float) -> float:
    """p, if ``cost`` for a length and ``more`` for a longer one are cost = length^p."""
    return math.log(more / cost) / math.log(longer / shorter)


def table(answers: dict[float, Answer]) -> list[str]:
    """A line for each length."""
    lines, before = [], None
    for length, answer in answers.items():
        each, cpu = (1000 * it / length for it in (answer.seconds, answer.cpu_seconds))
        cells = f"{length:7.0f}s{answer.seconds:8.1f}s{each:10.1f} ms{cpu:10.1f} ms"
        p = "" if before is None else f"{exponent(*before, length, answer.cpu_seconds):.2f}"
        lines.append(f"{cells}{answer.gigabytes:7.2f} GB{p:>7}")
        before = (length, answer.cpu_seconds)
    return lines


def main() -> None:
    """Run each length and print a table."""
    options = _options()
    lengths = [*options.lengths, *([HOUR] if options.hour else [])]
    script.announce(__doc__, "numpy", "onnxruntime")
    print(f"{use_cores(options.cores)} cores are used.\n")
    print(f"{'length':>8}{'time':>9}{'per second':>13}{'processor':>13}{'memory':>10}{'p':>7}")
    answers: dict[float, Answer] = {}
    with tempfile.TemporaryDirectory() as folder:
        today = Version("today", ROOT, Path(folder))
        for length in lengths:
            with Process(today) as process:
                process(Request(LOOP, 1.0, PRESETS[0]))  # warms up
                answers[length] = process(Request(LOOP, length, PRESETS[0], turn=1))
            print(table(answers)[-1], flush=True)
    shares = answers[lengths[-1]].shares
    print(", ".join(f"{stage} {share:.0%}" for stage, share in shares.items()))


def _options() -> argparse.Namespace:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--lengths",
        type=float,
        nargs="+",
        default=[10.0, 30.0, 60.0, 300.0, 1200.0],
        metavar="SECONDS",
        help="default: %(default)s",
    )
    parser.add_argument("--hour", action="store_true", help="also an hour")
    parser.add_argument("--cores", type=script.count, default=2, help="to use (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
