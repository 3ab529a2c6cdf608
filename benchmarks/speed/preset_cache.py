"""A preset's statistics: computed from its sound, and taken from the cache by a new process.

python -m benchmarks.speed.preset_cache
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

CODE = """
import sys, time
import torch
from effects import StyleTransfer
from effects.running.devices import one_thread
from effects.engines.gram.infinite import Infinite
from effects.signal.spectrogram import Analysis
style = StyleTransfer(preset=sys.argv[1])._style
with one_thread():
    began = time.perf_counter()
    style.statistics(
        Infinite(), Analysis.features_at(44_100), torch.device("cpu"), tick=lambda: None
    )
    print(time.perf_counter() - began)
"""


def seconds(preset: str, cache: str) -> float:
    """What it takes a new process, without the loading of torch."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, preset],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "RESTYLE_CACHE_DIR": cache},
    )
    return float(done.stdout)


def main() -> None:
    """Measure both, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("presets", nargs="*", default=["violin", "grand-piano", "jazz-kit"])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'preset':16}{'cold':>10}{'warm':>10}{'ratio':>8}")
    for preset in options.presets:
        cold, warm = [], []
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as cache:
                cold.append(seconds(preset, cache))
                warm.append(seconds(preset, cache))
        a, b = statistics.median(cold), statistics.median(warm)
        print(f"{preset:16}{1000 * a:7.0f} ms{1000 * b:7.0f} ms{a / b:8.1f}")


if __name__ == "__main__":
    main()
