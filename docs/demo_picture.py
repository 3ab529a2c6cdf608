"""Draws the README's picture: the demo's pairs before and after, as `restyle demo` has made them.

    restyle demo && python -m docs.demo_picture restyle-demo docs/demo.png

What is drawn are the sounds that the demo's page plays.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import presets
from plugin_bridge.files import sound_files
from plugin_bridge.reports.demo import PAIRS, Pair
from plugin_bridge.reports.pictures import show, spectrogram

# Chosen by eye.
SHOWN = {"intro": "A line", "guitar": "A chord", "compus": "A beat", "song": "A voice"}
HIGHEST_HZ = 8000.0
COLOURS = 48  # of the file: it looks the same, and is a third as large


def draw(demo: Path, picture: Path) -> None:
    """A row for each pair of ``SHOWN``; time and level are each clip's own, frequency is shared."""
    pairs = [pair for pair in PAIRS if pair.content in SHOWN]
    with rc_context({"font.size": 9, "axes.titlesize": 9.5, "axes.titlelocation": "left"}):
        figure = Figure(figsize=(10, 6.2), dpi=115, layout="constrained")
        FigureCanvasAgg(figure)
        rows = figure.subplots(len(pairs), 3, sharey=True)
        for axes, pair in zip(rows, pairs, strict=True):
            _draw_pair(axes, demo, pair)
        for last in rows[-1]:
            last.set_xlabel("time (s)")
        figure.savefig(picture)
    Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


def _draw_pair(row: np.ndarray, demo: Path, pair: Pair) -> None:
    names = {
        "content": SHOWN[pair.content],
        "style": f"+ {presets.get(pair.style).label}",
        "output": "= what comes out",
    }
    seconds = sound_files.read(demo / pair.folder / "content.wav").seconds
    for axes, (name, title) in zip(row, names.items(), strict=True):
        sound = sound_files.read(demo / pair.folder / f"{name}.wav")
        levels = spectrogram(sound, seconds, HIGHEST_HZ)
        show(axes, levels - levels.max(), min(seconds, sound.seconds), HIGHEST_HZ)
        axes.set_title(title)
        axes.set_xlim(0, seconds)
    row[0].set_ylabel("Hz")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Draw the README's picture.")
    parser.add_argument("demo", type=Path, help="the folder that restyle demo has made")
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    draw(arguments.demo, arguments.picture)


if __name__ == "__main__":
    main()
