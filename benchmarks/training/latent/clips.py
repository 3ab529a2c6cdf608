"""Render the clips from which the latent's timbre half learns.

    python -m benchmarks.training.latent.clips --out clips.npz

Every pitched instrument of General MIDI plays drawn tunes for eight seconds, two windows, in turn
in four soundfonts; half of the clips sound as if they were recorded. It needs Debian's packages
fluidsynth and timidity, and the soundfonts of ``benchmarks.training.fonts``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np

from benchmarks import script
from benchmarks.training.fonts import check_fonts, render
from benchmarks.training.plans import part
from benchmarks.training.recording import Table, recorded
from benchmarks.training.tunes import SECONDS, table
from effects.latent.bands import bands_of
from effects.latent.own import timbre_windows
from effects.latent.own.timbre_windows import TimbreWindows, packed, packed_levels
from effects.latent.roll import WINDOW_SECONDS, roll_of
from effects.learned import array_file
from effects.notes.basic_pitch import RATE
from effects.notes.note import Note
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load

# Nothing here was searched.
CLIPS = {"fluid": 1100, "musescore": 1000, "opl3": 160, "freepats": 360}
TOGETHER = 40  # clips that are rendered in one go
RECORDED = 0.5  # how many sound recorded
SILENT = 1e-4  # peak of an instrument that a soundfont lacks
HELD_OUT = 240  # clips, of all; the same ones each time
WINDOWS = round(SECONDS / WINDOW_SECONDS)
MOST_BYTES = 1 << 30


def main() -> None:
    """Render all."""
    parser = script.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    parser.add_argument("--share", type=float, default=1, help="less than 1 to try the script")
    options = parser.parse_args()
    check_fonts()
    kinds = [it for it in load() if not it.percussion and not it.texture and it.bank == 0]
    families = sorted({it.family for it in kinds})
    found: list[tuple[np.ndarray, np.ndarray, int]] = []
    for font, count in CLIPS.items():
        found += _of_font(font, round(count * options.share), kinds, families)
        script.say(f"{font}: {len(found)} clips")
    levels, scores, labels = (np.array([it[number] for it in found]) for number in range(3))
    arrays = {"levels": levels, "scores": scores, "labels": labels}
    array_file.save(options.out, arrays, {"families": families})


def _of_font(
    font: str, count: int, kinds: list[Instrument], families: list[str]
) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Levels, scores and the number of the family of each clip."""
    draw = random.Random(f"timbre {font}")
    order: list[Instrument] = []
    while len(order) < count:
        order += draw.sample(kinds, len(kinds))
    found = []
    for first in range(0, count, TOGETHER):
        chosen = order[first : min(first + TOGETHER, count)]
        parts = [part(draw, it) for it in chosen]
        for kind, played, sound in zip(chosen, parts, render(parts, font), strict=True):
            if np.abs(sound).max(initial=0) >= SILENT:
                notes = table(played.score)
                if draw.random() < RECORDED:
                    sound, notes = recorded(draw, sound, notes)  # noqa: PLW2901
                found.append((*_windows(sound, notes), families.index(kind.family)))
    return found


def _windows(sound: Mono, notes: Table) -> tuple[np.ndarray, np.ndarray]:
    """Levels and scores of a clip's windows."""
    bands = bands_of(np.asarray(sound, np.float32)[None], RATE)[:WINDOWS]
    heard = [Note(start, end, key, 1.0, 1.0) for start, end, key, _ in notes]
    return packed_levels(bands), packed(roll_of(heard, SECONDS)[:WINDOWS])


def read(path: Path) -> tuple[TimbreWindows, TimbreWindows]:
    """Windows of clips to learn from, and of those that are held out."""
    arrays, _ = array_file.load(path, MOST_BYTES)
    rows = list(zip(arrays["levels"], arrays["scores"], arrays["labels"].tolist(), strict=True))
    order = np.random.default_rng(0).permutation(len(rows))
    held = min(HELD_OUT, len(rows) // 2)
    sides = (order[held:], order[:held])
    learnt, held_out = (timbre_windows.joined([rows[it] for it in side]) for side in sides)
    return learnt, held_out


if __name__ == "__main__":
    sys.exit(script.run(main))
