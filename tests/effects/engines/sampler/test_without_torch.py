"""The default engine does not load torch, which takes a second: only engines that optimise do."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import soundfile
from support.samplers import BRIGHT, DARK, strokes_of, tune

RATE = 22_050
CHECK = 'import sys; assert "torch" not in sys.modules, "torch was loaded"'
RESTYLE = """
import soundfile
from effects import StyleTransfer
for path, options in {calls!r}:
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    out = StyleTransfer(**options)(audio.T, rate)
    assert out.any() and (out != audio.T).any()
"""
APPLY = """
import sys
from plugin_bridge.cli.main import main
sys.argv = ["restyle", "apply", {stem!r}, {out!r}, "--preset", "violin"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""


def tune_of_four() -> np.ndarray:
    notes = [(0.4, 0.35, 60), (0.9, 0.35, 64), (1.4, 0.6, 59), (2.15, 0.35, 67)]
    return tune(notes, 3.0, RATE)


def drums() -> np.ndarray:
    beats = [(0.05, DARK), (0.45, BRIGHT), (0.85, DARK), (1.25, BRIGHT), (1.65, DARK)]
    return strokes_of(beats, 2.5, RATE)


def voice() -> np.ndarray:
    """A pitch that glides all the time."""
    t = np.arange(3 * RATE) / RATE
    hz = 180 * 2 ** (0.5 * np.sin(2 * np.pi * 0.4 * t) + 0.3 * np.sin(2 * np.pi * 1.1 * t))
    turns = 2 * np.pi * np.cumsum(hz) / RATE
    return (0.1 * sum(np.sin(k * turns) / k for k in range(1, 11))).astype(np.float32)


def run(code: str) -> None:
    """In a process of its own, and see that it did not load torch."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{CHECK}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_performances_need_no_torch(tmp_path):
    calls = [
        (tune_of_four(), {"preset": "violin"}),
        (tune_of_four(), {"preset": "violin", "strength": 0.5}),
        (drums(), {"preset": "standard-kit"}),
        (voice(), {"preset": "violin"}),
    ]
    paths = [str(tmp_path / f"{number}.wav") for number in range(len(calls))]
    for path, (audio, _) in zip(paths, calls, strict=True):
        soundfile.write(path, audio, RATE)
    options = [it for _, it in calls]
    run(RESTYLE.format(calls=list(zip(paths, options, strict=True))))


def test_the_command_needs_no_torch(tmp_path):
    stem, out = tmp_path / "stem.wav", tmp_path / "out.wav"
    soundfile.write(stem, tune_of_four(), RATE)
    run(APPLY.format(stem=str(stem), out=str(out)))
    assert out.is_file()
