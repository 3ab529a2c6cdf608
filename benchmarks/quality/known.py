"""Presets as styles, whose notes are known, compared with clips whose notes are not.

The triplets, but with style and target rendered from the soundfont of the presets. An engine
restyles each three times: by another tune of the style's instrument, by the clip of that
instrument's preset as a sound file, and by the preset itself. The judge learns from the other
soundfont.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import presets
from benchmarks.quality import judge, tables, triplets
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Section
from benchmarks.quality.sounds import RATE, read
from benchmarks.quality.systems import Clips, Row, Task, restyled
from effects import StyleTransfer
from effects.signal.arrays import Mono


def sections(bench: Bench, rows: Sequence[Row], half: str, count: int) -> list[Section]:
    """One table: the engines of ``rows``, three times each."""
    tasks = [
        Task(
            triplet=it,
            content=bench.studio.clip(it.content, it.notes),
            style=bench.other.clip(it.style, it.style_notes),
            target=bench.other.clip(it.style, it.notes),
        )
        for it in triplets.triplets(half, count)
    ]
    found = [row for row in rows if row.name in (tables.BASELINE, tables.TARGET)]
    for row in rows:
        if row.options is not None:
            found[-1:-1] = _three(row.name, row.options)
    knows = judge.train(bench.studio, bench.folder)
    results = replace(bench, knows=knows).results(found, tasks)
    title = f"presets as styles, {count} triplets with {bench.other.soundfont.name}"
    return [Section.of_ratios(title, results)]


def _three(name: str, options: dict[str, float | str]) -> list[Row]:
    def file(task: Task) -> Mono:
        clips = Clips(task.content, presets.get(task.triplet.style.name).clip)
        return restyled(clips, **options)

    def preset(task: Task) -> Mono:
        effect = StyleTransfer(preset=task.triplet.style.name, device="cpu", **options)  # type: ignore[arg-type]
        mono: Mono = effect(read(task.content)[None], RATE)[0]
        return mono

    return [
        Row(f"{name}: a tune", lambda task: restyled(task, **options)),
        Row(f"{name}: the preset's clip", file),
        Row(f"{name}: the preset", preset),
    ]
