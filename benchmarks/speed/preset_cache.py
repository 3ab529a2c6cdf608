"""How long a preset's statistics take: from its sound, and from the cache in a new process.

python -m benchmarks.speed.preset_cache
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from benchmarks import script

CODE = """
import sys, time
import presets
import torch
from effects.engines.gram.infinite import Infinite
from effects.engines.gram.statistics import style_statistics
from effects.running.devices import one_thread
from effects.signal.spectrogram import Analysis
from effects.style_clip import Style
preset = presets.get(sys.argv[1])
style, engine = Style(preset.clip, preset.sha256), Infinite()
n_features, device = Analysis.features_at(44_100), torch.device("cpu")
with one_thread():
    began = time.perf_counter()
    style_statistics(style, engine, n_features, device, tick=lambda: None)
    print(time.perf_counter() - began)
"""


def seconds(preset: str, cache: str) -> float:
    """How long a new process takes, once torch is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, preset],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "RESTYLE_CACHE_DIR": cache},
    )
    return float(done.stdout)


def main() -> None:
    """Measure both, and print medians and their ratio."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "presets",
        nargs="*",
        default=["violin", "grand-piano", "jazz-kit"],
        metavar="PRESET",
        help="default: %(default)s",
    )
    parser.add_argument("--runs", type=script.count, default=3, help="of each (%(default)s)")
    options = parser.parse_args()
    script.announce(__doc__, "numpy", "torch")
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
