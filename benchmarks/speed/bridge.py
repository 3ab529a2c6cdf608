"""What `restyle serve` adds to a restyling: from submit to done, beside the effect called alone.

    python -m benchmarks.speed.bridge

Both are warm and take turns. "around it" is the median of the differences: datagrams, journal,
reading the stem, the preset, writing the result and its report. "server" is the part of it outside
of the worker.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import script
from plugin_bridge.files.sound_files import Sound, write_in_place
from plugin_bridge.osc.datagram import encode, read

RATE = 44_100
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
EFFECT = """
import sys, time
from pathlib import Path
import torch
from effects import StyleTransfer
from plugin_bridge.files import sound_files
torch.set_num_threads(1)
sound = sound_files.read(Path(sys.argv[1]))
effect = StyleTransfer(preset=sys.argv[2])
for _ in sys.stdin:
    began = time.perf_counter()
    effect(sound.audio, sound.sample_rate)
    print(time.perf_counter() - began, flush=True)
"""


def write_stem(path: Path, seconds: float) -> None:
    """Write a stem with a new note every quarter of a second, each with six partials."""
    import numpy as np

    t = np.arange(round(seconds * RATE)) / RATE
    pitch = 220 * 2 ** (np.random.default_rng(0).integers(0, 12, len(t))[(t * 4).astype(int)] / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 7)) * np.exp(-6 * (t % 0.25))
    audio = (0.3 * wave).astype(np.float32)[None]
    write_in_place(path, Sound(audio, RATE))


class Submitter:
    """Sends jobs to a server, one after the other."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(300.0)

    def job(self, name: str, stem: str, preset: str) -> tuple[float, float]:
        """Seconds from submit to done, and how many of them the worker took."""
        began = time.perf_counter()
        self._socket.send(encode("/restyle/submit", name, stem, f"{name}.wav", preset))
        while True:
            (message,) = read(self._socket.recv(65536))
            if message.address == "/restyle/done":
                seconds = message.arguments[-1]
                assert isinstance(seconds, float)
                return time.perf_counter() - began, seconds
            if message.address == "/restyle/fail":
                raise SystemExit(f"{message.arguments}")


def turns(folder: Path, preset: str, seconds: float, runs: int) -> list[tuple[float, float, float]]:
    """For each run: the seconds of the job, of its worker, and of the effect alone."""
    root = folder / "root"
    root.mkdir()
    write_stem(root / "stem.wav", seconds)
    options = ["--root", str(root), "--port", "0", "--workers", "1", "--quiet"]
    server = subprocess.Popen(
        [*RESTYLE, "serve", *options, "--journal", str(folder / "journal.sqlite")],
        stdout=subprocess.PIPE,
        text=True,
    )
    effect = subprocess.Popen(
        [sys.executable, "-c", EFFECT, str(root / "stem.wav"), preset],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    assert effect.stdin
    assert effect.stdout
    try:
        submitter = Submitter(int(server.stdout.readline().rpartition(":")[2]))
        found = []
        for run in range(-2, runs):
            total, worker = submitter.job(f"run{run}", "stem.wav", preset)
            effect.stdin.write("\n")
            effect.stdin.flush()
            alone = float(effect.stdout.readline())
            if run >= 0:  # the runs before warm up
                found.append((total, worker, alone))
        return found
    finally:
        effect.kill()
        server.terminate()
        for process in (effect, server):
            process.communicate()


def main() -> None:
    """Measure, and print medians in milliseconds."""
    parser = script.parser(__doc__)
    parser.add_argument(
        "presets", nargs="*", default=["violin"], metavar="PRESET", help="default: %(default)s"
    )
    parser.add_argument("--runs", type=script.count, default=50, help="of each (%(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="how long the stem is (%(default)s)"
    )
    options = parser.parse_args()
    script.announce(__doc__, "numpy", "onnxruntime", "python-osc")
    print(f"{'preset':16}{'job':>10}{'effect':>10}{'around it':>11}{'server':>10}")
    for preset in options.presets:
        with tempfile.TemporaryDirectory() as name:
            os.environ["RESTYLE_CACHE_DIR"] = f"{name}/cache"
            found = turns(Path(name), preset, options.seconds, options.runs)
        columns = (
            [total for total, _, _ in found],
            [alone for _, _, alone in found],
            [total - alone for total, _, alone in found],
            [total - worker for total, worker, _ in found],
        )
        cells = [f"{1000 * statistics.median(column):7.0f} ms" for column in columns]
        print(f"{preset:16}{cells[0]}{cells[1]} {cells[2]}{cells[3]}")


if __name__ == "__main__":
    main()
