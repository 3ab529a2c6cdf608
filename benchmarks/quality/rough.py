"""Clips that are hardly music: outputs must be finite and as long as the content.

Noise, rain, a bird, a click, silence, a clip shorter than any window, one note and a tune: each is
restyled by each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import presets
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Section
from benchmarks.quality.sounds import PEAK, RATE, SILENT, is_silent, read, write
from benchmarks.quality.systems import Clips, Row, Untold
from benchmarks.quality.triplets import instruments, tune
from effects.signal.arrays import Mono
from presets.studio.score import Note, Score

SECONDS = 3.0  # of a clip
SHORT = 300  # samples of the short clip
DROPS = 60  # of rain per second
FINE, NO_SOUND, REFUSED = "fine", "silent", "refused"


def sections(bench: Bench, rows: Sequence[Row], half: str, count: int) -> list[Section]:
    """A table for each engine in ``rows``; ``half`` and ``count`` do not matter."""
    clips = sounds(bench)
    return [_section(row, clips) for row in rows if row.options is not None and row.untold]


def sounds(bench: Bench) -> dict[str, Path]:
    """The clips, by name."""
    draw = np.random.default_rng(0)
    size = round(SECONDS * RATE)
    click = np.zeros(size, np.float32)
    click[size // 2] = 1
    made: dict[str, Mono] = {
        "noise": draw.standard_normal(size).astype(np.float32),
        "rain": rain(draw, size),
        "click": click,
        "silence": np.zeros(size, np.float32),
        "short": draw.standard_normal(SHORT).astype(np.float32),
    }
    found = {name: bench.folder / f"rough-{name}.wav" for name in made}
    for name, audio in made.items():
        write(found[name], audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)))
    piano = instruments()["grand-piano"]
    found["bird"] = presets.get("bird").clip
    found["one note"] = bench.studio.clip(piano, Score((Note(0.2, 1.0, 60, 90),), SECONDS))
    found["a tune"] = bench.studio.clip(piano, tune(random.Random("rough"), piano))
    return found


def rain(draw: np.random.Generator, size: int) -> Mono:
    """Drops, each a burst of one to a few milliseconds, over hiss."""
    audio = 0.02 * draw.standard_normal(size)
    for start in draw.integers(0, size, round(DROPS * size / RATE)):
        fall = np.exp(-np.arange(size - start) / (RATE * draw.uniform(0.001, 0.006)))[: RATE // 10]
        audio[start:][: fall.size] += draw.uniform(0.1, 1) * fall * draw.standard_normal(fall.size)
    return audio.astype(np.float32)


def verdict(system: Untold, clips: Clips) -> str:
    """`FINE`, `NO_SOUND`, `REFUSED` (by a `ValueError`, as bad input is), or what went wrong."""
    content = read(clips.content)
    try:
        output = system(clips)
    except ValueError:
        return REFUSED
    except Exception as error:  # the test is that nothing else is raised
        return f"**{type(error).__name__}**"
    if output.shape != content.shape:
        return "**another length**"
    if not np.isfinite(output).all():
        return "**not finite**"
    return NO_SOUND if is_silent(output) else FINE


def _section(row: Row, clips: dict[str, Path]) -> Section:
    system = row.untold
    assert system is not None
    lines = [
        f"{row.name}, by content (down) and style (across)\n",
        f"| | {' | '.join(clips)} |",
        "|---|" + "---|" * len(clips),
    ]
    for name, content in clips.items():
        cells = [verdict(system, Clips(content, style)) for style in clips.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return Section("\n".join(lines), {})
