"""Make a comparison: one content in every style by every engine, to hear, see and measure.

The fast engines come first, and the page is there after the first result. What was stopped goes on
when the same comparison is made again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import accumulate, pairwise
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from effects import Cancelled
from effects.engines import ENGINES
from effects.running.progress import OnProgress, part
from plugin_bridge.errors import explain
from plugin_bridge.files import sound_files
from plugin_bridge.files.process import process
from plugin_bridge.files.result_folder import check_folder, workshop
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import metrics
from plugin_bridge.reports.compare_times import announcement, estimates
from plugin_bridge.reports.compare_tries import (
    Style,
    Try,
    check_weights,
    inputs_digest,
    styles_of,
    tries_of,
)
from plugin_bridge.reports.comparison import KIND, Clip, Comparison, Result
from plugin_bridge.reports.comparison_files import ComparisonFiles, earlier_in

if TYPE_CHECKING:
    from effects.engines.engine import Engine


def make_comparison(
    content: Path,
    styles: Sequence[Path],
    folder: Path,
    report: OnProgress,
    *,
    preset_names: Sequence[str] = (),
    engines: Sequence[str | Engine] = (),
    strengths: Sequence[float] = (),
    weights: Mapping[str, Path] | None = None,
    seed: int = 0,
    device: str = "auto",
    force: bool = False,
    announce: Callable[[str], object] = lambda text: None,
) -> Comparison:
    """Restyle ``content`` in every style by every engine into ``folder``.

    The page and the data are written after every result, each time whole or not at all. An earlier
    comparison of the same inputs in ``folder`` goes on: what it lacks is added.

    Args:
        content: a sound file.
        styles: sound files.
        folder: new, empty, or an earlier comparison: one of the same inputs that lacks results, or,
            with ``force``, any. What the user added stays.
        report: called with the fraction done, 0 to 1, and the stage. If it raises (`Cancelled`
            is meant for it), the results that are finished stay.
        preset_names: presets to take as styles, too.
        engines: names, or engines with options of their own; all engines, if empty.
        strengths: each gives a result; if empty, what the preset advises, or else what suits each
            engine.
        weights: files of trained weights, by the engine's name.
        seed: draws random filters and weights.
        device: as for `effects.StyleTransfer`.
        force: start afresh, and replace an earlier comparison once there is a first result.
        announce: called once, before the long work, with what is to come and how long it will take.

    Raises:
        ValueError: an option is wrong, a file is not audio or not the engine's weights, ``folder``
            holds something else, or every engine failed.
        OSError: a file cannot be read or written.
    """
    check_folder(folder, KIND, force=True)
    weights = dict(weights or {})
    chosen = list(dict.fromkeys(engines or ENGINES))
    check_weights(weights, chosen)
    # Whatever may be wrong is checked before the long work begins.
    sound = sound_files.read(content)
    wanted = styles_of(styles, preset_names)
    report(0.0, "loading torch")
    tries = tries_of(wanted, chosen, strengths, weights=weights, seed=seed, device=device)
    made_by = (version("restyle"), _torch(), _computer(device), seed)
    inputs = inputs_digest(content, wanted, *made_by)
    folder = folder.resolve()
    earlier = _going_on(folder, inputs, tries, force=force)
    done = {it.key: it for it in earlier.results} if earlier else {}
    steps = _fastest_first([it for it in tries if it.blank.key not in done], sound)
    announce(announcement(steps))

    with workshop(folder, KIND) as made:
        report(0.0, "what goes in")
        files = ComparisonFiles(made, folder, sound, [it.sound for it in wanted], earlier)
        clips = (
            (earlier.content, earlier.styles) if earlier else _clips(files, content, sound, wanted)
        )
        empty = Comparison(*made_by, files.seconds, files.highest_hz, *clips, [], inputs)
        for comparison in _growing(empty, files, sound, tries, steps, done, report):
            if any(not result.error for result in comparison.results):
                files.publish(comparison, force=force)
    if all(result.error for result in comparison.results):
        raise ValueError(f"No engine came to a result. {_reasons(comparison.results)}")
    report(1.0, "done")
    return comparison


def _going_on(folder: Path, inputs: str, tries: Sequence[Try], *, force: bool) -> Comparison | None:
    """The comparison in ``folder`` that goes on; None if a new one begins.

    Raises:
        ValueError: the folder holds something else, and without ``force``, another comparison or
            one that has all of ``tries``.
    """
    earlier = None if force else earlier_in(folder, inputs)
    if earlier and {it.blank.key for it in tries} - {it.key for it in earlier.results}:
        return earlier
    check_folder(folder, KIND, force=force)
    return None


def _fastest_first(tries: Sequence[Try], content: Sound) -> list[tuple[Try, float]]:
    """Each try with the seconds that it will take, roughly."""
    seconds = estimates(tries, content.seconds)
    return sorted(zip(tries, seconds, strict=True), key=itemgetter(1))


def _clips(
    files: ComparisonFiles, path: Path, content: Sound, styles: Sequence[Style]
) -> tuple[Clip, list[Clip]]:
    """The clips of content and styles; a style's figures are those of the content as it is."""
    clip = files.add_clip("content", path.name, content, str(path))
    clips = [
        replace(
            files.add_clip(f"style-{it.name}", it.name, it.sound, it.source, it.credit),
            figures=metrics.figures(content, it.sound, content),
        )
        for it in styles
    ]
    return clip, clips


def _growing(
    empty: Comparison,
    files: ComparisonFiles,
    content: Sound,
    tries: Sequence[Try],
    steps: Sequence[tuple[Try, float]],
    done: Mapping[str, Result],
    report: OnProgress,
) -> Iterator[Comparison]:
    """The comparison after each of ``steps``, which are tries and their seconds.

    Its results are in the order of ``tries``, and after them those of ``done``, by their keys, that
    were not asked for this time.
    """
    results = dict(done)
    whole = sum(seconds for _, seconds in steps)
    ends = accumulate((seconds for _, seconds in steps), initial=0.0)
    for (it, _), (start, end) in zip(steps, pairwise(ends), strict=True):
        results[it.blank.key] = _restyle(
            files, content, it, part(report, start / whole, end / whole)
        )
        keys = [*dict.fromkeys([*(it.blank.key for it in tries), *results])]
        pending = [it.name for it, _ in steps if it.blank.key not in results]
        yield replace(empty, results=[results[it] for it in keys if it in results], pending=pending)


def _restyle(files: ComparisonFiles, content: Sound, it: Try, report: OnProgress) -> Result:
    """What a try comes to, its sound and picture written; or why it came to nothing."""

    def titled(fraction: float, stage: str) -> None:
        report(fraction, f"{it.title}: {stage}")

    effect, blank = it.effect, it.blank
    effect.on_progress = titled
    started = time.monotonic()
    try:
        output = content.with_audio(process(effect, content))
        if not np.isfinite(output.audio).all():
            raise ValueError("it came to NaN or infinity")
    except Cancelled:
        raise
    except Exception as error:  # an engine that fails must not stop the others
        if os.environ.get("RESTYLE_DEBUG"):
            raise
        return replace(blank, error=explain(error))
    seconds = time.monotonic() - started
    titled(1.0, "figures")
    file, picture = files.add(f"{blank.style}-{blank.engine}-{effect.strength:g}", output)
    return replace(
        blank,
        file=file,
        picture=picture,
        clipped=bool(sound_files.clips(Path(file), replace(output, bits=16))),
        seconds=seconds,
        figures=metrics.figures(content, it.style.sound, output),
        loss_curves=effect.loss_curves,
        report=effect.report,
    )


def _computer(device: str) -> str:
    """The device that will compute, in words. Raises ValueError if this machine has none such."""
    from effects.running.devices import pick_device

    picked = pick_device(device)
    if picked.type == "cuda":
        import torch

        return f"cuda ({torch.cuda.get_device_name(picked)})"
    return "cpu, in one thread" if picked.type == "cpu" else picked.type


def _torch() -> str:
    import torch

    return str(torch.__version__)


def _reasons(results: Sequence[Result]) -> str:
    reasons = list(dict.fromkeys(result.error for result in results))
    return reasons[0] if len(reasons) == 1 else "; ".join(f"{r.engine}: {r.error}" for r in results)
