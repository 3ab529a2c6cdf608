"""What ``restyle apply`` does once it knows the stems and sounds: one result after the other."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import typer

from effects import StyleTransfer
from effects.boards.native import PLUGIN
from effects.engines import DEFAULT_ENGINE
from effects.running.progress import part
from plugin_bridge.cli import apart
from plugin_bridge.cli.chain_player import ChainPlayer
from plugin_bridge.cli.described import described, loss
from plugin_bridge.cli.result_names import Task, Variant
from plugin_bridge.cli.results import (
    Result,
    check_all_differ,
    sound_result,
    write_json,
    write_results,
)
from plugin_bridge.errors import explain, shown
from plugin_bridge.files import process, sound_files
from plugin_bridge.files.chained import Tune
from plugin_bridge.files.formats import AS_IT_IS, Quality, check_quality
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.files.targets import check_json, check_picture
from plugin_bridge.terminal.progress_bar import progress_bar
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened

if TYPE_CHECKING:
    from effects.automation import Automation
    from effects.engines.report import Report
    from effects.running.progress import OnProgress

Effect: TypeAlias = "StyleTransfer | Automation | ChainPlayer"


#: How long a MIDI file is taken to be, of which that is not known; for progress alone. By guess.
TUNE_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """How stems become results.

    Attributes:
        effects: by `Task.preset`.
        label: the engine's, for messages; empty for none.
        quality: how well results are to be written.
        force: whether files may be replaced.
        plot: where to draw a single result; None for nowhere.
        report: where to write what it is made of; None for nowhere.
        tunes: the stems that are MIDI files, for chains that begin with an instrument.
        apart: whether effects are plugins, which run in a process of their own.
    """

    effects: Mapping[str | None, Effect]
    label: str
    _: KW_ONLY
    quality: Quality = AS_IT_IS
    force: bool = False
    plot: Path | None = None
    report: Path | None = None
    tunes: Mapping[Path, Tune] = field(default_factory=dict)
    apart: bool = False


class Made(NamedTuple):
    """What there is to write: the stem, its result, and what made it."""

    stem: Sound | Tune
    output: Sound
    effect: Effect


class Done(NamedTuple):
    """What there is to say of a result.

    Attributes:
        line: that it was written.
        advice: what to try where much could not be played.
        warning: what was lost.
    """

    line: str
    advice: str | None = None
    warning: str | None = None


@dataclass
class Told:
    """What there is to say in the end.

    Attributes:
        done: of each result.
        failed: why the others were not made, by their names.
    """

    done: list[Done] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)


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
        _results(task, plan)
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
            do = _do_apart if plan.apart else _do
            do(tasks, plan, [part(report, *it) for it in _spans(ends)], told, started)
    finally:
        _tell(told, quiet=quiet)
    if told.failed:
        were = "was" if len(told.failed) == 1 else "were"
        raise ValueError(f"{len(told.failed)} of {len(tasks)} results {were} not made.")


def _spans(ends: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip([0.0, *ends[:-1]], ends, strict=True))


def _do(
    tasks: Sequence[Task],
    plan: Plan,
    reports: Sequence[OnProgress],
    told: Told,
    started: float,
) -> None:
    stem: tuple[Path, Sound | Tune] | None = None  # the last one that was read
    for task, report in zip(tasks, reports, strict=True):
        try:
            if stem is None or stem[0] != task.stem:
                stem = None  # so that there is room for the next
                stem = task.stem, plan.tunes.get(task.stem) or sound_files.read(task.stem)
            told.done.append(_make(task, plan, stem[1], report, started))
        except Exception as error:
            if len(tasks) == 1 or os.environ.get("RESTYLE_DEBUG"):
                raise
            told.failed[task.out] = explain(error)
        started = time.monotonic()


def _do_apart(
    tasks: Sequence[Task],
    plan: Plan,
    reports: Sequence[OnProgress],
    told: Told,
    started: float,
) -> None:
    """Do as `_do` in another process, and in a new one after each that plugins have ended."""
    ended = 0  # how many of the tasks, well or not
    stage = ""

    def hear(message: tuple[float, str] | Done | str) -> None:
        nonlocal ended, stage
        if isinstance(message, Done):
            told.done.append(message)
        elif isinstance(message, str):
            told.failed[tasks[ended].out] = message
        else:
            stage = message[1]
            reports[ended](*message)
            return
        ended += 1

    while ended < len(tasks):
        stage = ""
        try:
            apart.call(_do_there, tasks[ended:], plan, started, hear=hear)
        except apart.Died as error:
            told.failed[tasks[ended].out] = _blame(stage, plan.effects[tasks[ended].preset], error)
            ended += 1
        started = time.monotonic()
    if len(tasks) == 1 and told.failed:
        raise ValueError(told.failed.pop(tasks[0].out))


def _do_there(say: apart.Say, tasks: Sequence[Task], plan: Plan, started: float) -> None:
    """Do each of the tasks, and say how it goes."""
    for task in tasks:
        told = Told()
        try:
            _do([task], plan, [lambda fraction, stage: say((fraction, stage))], told, started)
        except Exception as error:
            if os.environ.get("RESTYLE_DEBUG"):
                raise
            say(explain(error))
        else:
            say(told.done[0])
        started = time.monotonic()


def _blame(stage: str, effect: Effect, error: apart.Died) -> str:
    """Why a process with plugins has ended, which had come to ``stage``."""
    chain = effect.chain.name if isinstance(effect, ChainPlayer) else ""
    if error.killed:
        return f"the chain {chain} was killed: the system may be short of memory."
    if stage.startswith(PLUGIN):
        return f"the {stage} crashed: update it, or take it out of the chain {chain}."
    return f"a plugin of the chain {chain} crashed: update it, or take it out of the chain."


def _make(task: Task, plan: Plan, stem: Sound | Tune, report: OnProgress, started: float) -> Done:
    """Make one result and write it; what to say of it."""
    results = _results(task, plan)  # again, as each holds its folder open until it is written
    effect = plan.effects[task.preset]
    output = _played(effect, stem, report).written_as(task.out, plan.quality)
    write_results(results, Made(stem, output, effect))
    by = "" if plan.label in ("", DEFAULT_ENGINE) else f" by {plan.label}"
    seconds = time.monotonic() - started
    line = f"Wrote {shown(task.out)}: {described(task.out, output)},{by} in {seconds:.1f} s."
    made = _report(effect)
    warning = loss(task.out, output) if isinstance(effect, ChainPlayer) else None
    return Done(line, None if made is None else made.advice, warning)


def _played(effect: Effect, stem: Sound | Tune, report: OnProgress) -> Sound:
    if isinstance(effect, ChainPlayer):
        return effect.play(stem, report)
    assert not isinstance(stem, Tune), "only chains play MIDI files"
    effect.on_progress = report
    return stem.with_audio(process.process(effect, stem))


def _report(effect: Effect) -> Report | None:
    return effect.report if isinstance(effect, StyleTransfer | ChainPlayer) else None


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


def _results(task: Task, plan: Plan) -> list[Result[Made]]:
    """The files to write: the sound, and picture and report if they are wanted.

    Raises:
        ValueError: one cannot be written.
    """
    results: list[Result[Made]] = [
        sound_result(task.out, lambda made: made.output, force=plan.force)
    ]
    effect = plan.effects[task.preset]
    if plan.plot is not None and isinstance(effect, StyleTransfer):
        results.append(Result(check_picture(plan.plot, force=plan.force), _drawing(effect)))
    if plan.report is not None:
        target = check_json(plan.report, "the report", force=plan.force)
        results.append(Result(target, _write_report))
    check_all_differ(results)
    return results


def _write_report(file: io.BufferedRandom, made: Made) -> None:
    report = _report(made.effect)
    if report is not None:
        write_json(file, report.as_dict())


def _drawing(effect: StyleTransfer) -> Callable[[io.BufferedRandom, Made], None]:
    """What draws the stem, the style and the output to a PNG file.

    The style clip is read at once, so that any fault in it is known before the long work.
    """
    return partial(_draw, sound_files.read(Path(str(effect.style))))


def _draw(clip: Sound, file: io.BufferedRandom, made: Made) -> None:
    from plugin_bridge.reports import pictures

    effect, stem = made.effect, made.stem
    if isinstance(effect, StyleTransfer) and not isinstance(stem, Tune):
        pictures.draw(file, stem, clip, made.output, effect.loss_curves, effect.report)
