"""Draws the README's picture: one tune of the benchmark, restyled, beside what it should become.

    python -m docs.tune_picture --soundfont TimGM6mb.sf2 docs/marimba-to-choir.png

The tune is the fourth of the half that `benchmarks.quality` reports. It was chosen because it has
chords and because its log-spectral distance, 0.59 of the untouched stem's, is near the mean of the
24 tunes (0.55). It takes fluidsynth and Debian's timgm6mb-soundfont.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import librosa
import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.quality.sounds import RATE, Studio, read
from benchmarks.quality.triplets import triplets
from effects import StyleTransfer
from effects.signal.arrays import Mono

INDEX = 3
LOWEST_NOTE, OCTAVES, BINS_PER_OCTAVE = "C2", 7, 36
HOP = 512  # samples
RANGE_DB = 60.0
COLOURS = 64  # of the file: it looks the same, and is a third as large


def sounds(soundfont: Path) -> dict[str, Mono]:
    """The four sounds by their titles; mono, at 44.1 kHz."""
    triplet = triplets("report", INDEX + 1)[INDEX]
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(soundfont, Path(folder))
        stem = read(studio.clip(triplet.content, triplet.notes))
        clip = read(studio.clip(triplet.style, triplet.style_notes))
        target = read(studio.clip(triplet.style, triplet.notes))
    return {
        "Stem: marimba": stem,
        "Clip: choir, another tune": clip,
        "Output: StyleTransfer(style=clip)": StyleTransfer(style=(clip, RATE))(stem, RATE),
        "For comparison: the choir sings the stem's notes": target,
    }


def draw(path: Path, clips: dict[str, Mono]) -> None:
    """A constant-Q spectrogram of each, on one scale of time, pitch and level."""
    with rc_context({"font.size": 9, "axes.titlesize": 11, "axes.titlelocation": "left"}):
        figure = Figure(figsize=(10, 5.6), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(2, 2, sharex=True, sharey=True)
        for axes, (title, clip) in zip(grid.flat, clips.items(), strict=True):
            axes.set_title(title)
            axes.imshow(
                level_db(clip),
                origin="lower",
                aspect="auto",
                extent=(0, clip.size / RATE, 0, OCTAVES),
                cmap="magma",
                vmin=-RANGE_DB,
                vmax=0,
            )
        grid[0, 0].set_yticks(range(OCTAVES), [f"C{2 + octave}" for octave in range(OCTAVES)])
        for axes in grid[1]:
            axes.set_xlabel("time (s)")
        figure.savefig(path)
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def level_db(clip: Mono) -> np.ndarray:
    """``[bins, frames]`` in dB below the clip's loudest bin."""
    transform = librosa.cqt(
        clip,
        sr=RATE,
        hop_length=HOP,
        fmin=float(librosa.note_to_hz(LOWEST_NOTE)),
        n_bins=OCTAVES * BINS_PER_OCTAVE,
        bins_per_octave=BINS_PER_OCTAVE,
    )
    return librosa.amplitude_to_db(np.abs(transform), ref=np.max)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Draw the README's picture.")
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    draw(arguments.picture, sounds(arguments.soundfont))


if __name__ == "__main__":
    main()
