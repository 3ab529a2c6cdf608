"""One result of ``restyle apply`` after the other: made, written, and told of."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from effects import StyleTransfer
from effects.engines import DEFAULT_ENGINE
from plugin_bridge.cli.chain_player import ChainPlayer
from plugin_bridge.cli.described import described, loss
from plugin_bridge.cli.result_names import Task
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
from plugin_bridge.files.formats import AS_IT_IS, Quality
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.files.targets import check_json, check_picture

if TYPE_CHECKING:
    from effects.automation import Automation
    from effects.engines.report import Report
    from effects.running.progress import OnProgress

Effect: TypeAlias = "StyleTransfer | Automation | ChainPlayer"


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


def make_each(
    tasks: Sequence[Task],
    plan: Plan,
    reports: Sequence[OnProgress],
    told: Told,
    started: float,
) -> None:
    """Make results, one after the other.

    One that fails does not keep the others from being made; a single one raises what went wrong.

    Args:
        tasks: what to make; those of one stem stand together.
        plan: how.
        reports: what each tells of its progress.
        told: what each comes to is added to this.
        started: when the first was begun, as `time.monotonic` has it.
    """
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


def _make(task: Task, plan: Plan, stem: Sound | Tune, report: OnProgress, started: float) -> Done:
    """Make one result and write it; what to say of it."""
    results = planned(task, plan)  # again, as each holds its folder open until it is written
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


def planned(task: Task, plan: Plan) -> list[Result[Made]]:
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
