"""What ``restyle apply`` does once it knows the stems and sounds: it checks, makes and tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer

from effects import StyleTransfer
from effects.running.progress import part
from plugin_bridge.cli.apply_apart import make_each_apart
from plugin_bridge.cli.apply_results import Effect, Plan, Told, make_each, planned
from plugin_bridge.cli.result_names import Task, Variant
from plugin_bridge.errors import shown
from plugin_bridge.files import sound_files
from plugin_bridge.files.formats import check_quality
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.terminal.progress_bar import progress_bar
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened

#: How long a MIDI file is taken to be, of which that is not known; for progress alone. By guess.
TUNE_SECONDS = 60.0


def make_effects(
    variants: Sequence[Variant],
    settings: Mapping[str, Any],
    midi: Path | None = None,
    channel: int | None = None,
) -> dict[str | None, Effect]:
    """An effect for each sound, by its preset.

    Args:
        variants: the sounds.
        settings: those of `StyleTransfer`, by name.
        midi: the file that plays the settings, if there is one.
        channel: the channel of it to follow; None for the only one.

    Raises:
        ValueError: a setting is impossible.
    """
    if midi is None:
        return {it.preset: StyleTransfer(preset=it.preset, **settings) for it in variants}
    from effects.automation import Automation

    return {
        it.preset: Automation(midi, channel=channel, preset=it.preset, **settings)
        for it in variants
    }


def check_tasks(tasks: Sequence[Task], plan: Plan) -> list[float]:
    """Check, before the long work, that every stem can be read and every result be written.

    Returns:
        How long each task's stem is, in seconds.

    Raises:
        OSError: a stem cannot be opened.
        ValueError: a stem is no sound, or a result cannot be written.
    """
    seconds = []
    for task in tasks:
        planned(task, plan)
    check_quality([it.out for it in tasks], plan.quality)
    for task in tasks:
        if task.stem in plan.tunes:
            sound_files.check_holds(task.out, plan.tunes[task.stem].silence)
            seconds.append(TUNE_SECONDS)
            continue
        try:
            with opened(task.stem) as reader:
                header = reader.header
        except BadSound as error:
            raise ValueError(f"{task.stem} {error}.") from error
        nothing = np.empty((header.channels, 0), np.float32)
        sound_files.check_holds(task.out, Sound(nothing, header.sample_rate, header.bits))
        seconds.append(header.seconds)
    return seconds


def do_tasks(
    tasks: Sequence[Task], plan: Plan, seconds: Sequence[float], *, quiet: bool, started: float
) -> None:
    """Make all results, and say what was written, even if it is stopped.

    One that fails does not keep the others from being made; a single one raises what went wrong.

    Args:
        tasks: what to make, one stem after the other.
        plan: how.
        seconds: how long their stems are.
        quiet: whether to draw no bar and say nothing of what was done.
        started: when the command began, as `time.monotonic` has it.

    Raises:
        ValueError: some were not made; a line on stderr says of each why.
    """
    told = Told()
    title = tasks[0].stem.name if len(tasks) == 1 else f"{len(tasks)} results"
    ends = np.cumsum(seconds) / np.sum(seconds)
    try:
        with progress_bar(title, quiet=quiet) as report:
            make = make_each_apart if plan.apart else make_each
            make(tasks, plan, [part(report, *it) for it in _spans(ends)], told, started)
    finally:
        _tell(told, quiet=quiet)
    if told.failed:
        were = "was" if len(told.failed) == 1 else "were"
        raise ValueError(f"{len(told.failed)} of {len(tasks)} results {were} not made.")


def _spans(ends: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip([0.0, *ends[:-1]], ends, strict=True))


def _tell(told: Told, *, quiet: bool) -> None:
    """Say what was written, what to try where much could not be played, and what failed."""
    for it in told.done:
        if not quiet:
            print(it.line)
        for said in (None if quiet else it.advice, it.warning):
            if said is not None:
                typer.echo(f"restyle: {said}", err=True)
    for out, reason in told.failed.items():
        typer.echo(f"restyle: {shown(out)} was not made: {reason}", err=True)
