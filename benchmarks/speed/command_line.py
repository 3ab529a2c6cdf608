"""Seconds that whole commands take, start-up included: medians of several runs.

python -m benchmarks.speed.command_line
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from benchmarks import script
from plugin_bridge.reports.demo import recording


def stereo(seconds: float, rate: int = 44_100) -> np.ndarray:
    """Two recordings as stereo: drums on the left, a guitar on the right, repeated."""
    channels = []
    for name in ("drums", "guitar"):
        with AudioFile(str(recording(name).clip)).resampled_to(rate) as file:
            clip = file.read(file.frames).mean(axis=0)
        channels.append(np.resize(clip, int(seconds * rate)))
    return np.stack(channels).astype(np.float32)


def seconds_of(command: list[str], environment: dict[str, str]) -> float:
    """Wall-clock time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Run each command and print a table; the bar is the time to stay below."""
    parser = script.parser(__doc__)
    parser.add_argument("--runs", type=script.count, default=5, help="of each (%(default)s)")
    runs = parser.parse_args().runs
    script.announce(__doc__, "numpy", "onnxruntime")
    restyle = str(Path(sys.executable).parent / "restyle")
    with tempfile.TemporaryDirectory() as folder:
        stem, out = Path(folder, "stem.wav"), Path(folder, "out.wav")
        with AudioFile(str(stem), "w", 44_100, 2, bit_depth=24) as file:
            file.write(stereo(10))
        environment = {**os.environ, "RESTYLE_CACHE_DIR": str(Path(folder, "cache"))}
        apply = [restyle, "apply", str(stem), str(out), "--preset", "violin", "--force"]
        rows = [
            ("restyle --help", 0.5, [restyle, "--help"]),
            ("import effects", 0.3, [sys.executable, "-c", "import effects"]),
            ("restyle apply, 10 s of stereo, warm cache", 5.0, apply),
        ]
        print(f"{'median of ' + str(runs):44}{'seconds':>8}{'worst':>8}{'bar':>6}")
        for name, bar, command in rows:
            seconds_of(command, environment)  # warms the caches, also the disk's
            times = [seconds_of(command, environment) for _ in range(runs)]
            print(f"{name:44}{statistics.median(times):8.2f}{max(times):8.2f}{bar:6.1f}")


if __name__ == "__main__":
    main()
