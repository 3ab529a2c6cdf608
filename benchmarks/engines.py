"""The engines side by side, by the figures of benchmarks/quality.

    python -m benchmarks.engines --work engines --seconds 4 --weights vgg19=vgg_normalized.pth

Every engine restyles the same triplets. They are those of benchmarks/quality, which explains the
figures and says which programs are needed. Engines have their default settings and one thread. A
network without a file of weights has random ones; one with a file is shown without it, too, to tell
what training is worth.

A triplet takes minutes. Outputs are kept in the folder of ``--work``, so an interrupted run goes on
where it was, and one with fewer ``--triplets`` shows what is there already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks import script
from benchmarks.quality import judge, tables, triplets
from benchmarks.quality.bench import judged
from benchmarks.quality.ears import Ears
from benchmarks.quality.figures import NAMES
from benchmarks.quality.sounds import RATE, Studio, read, write
from benchmarks.quality.triplets import Triplet
from effects import StyleTransfer
from effects.engines import ENGINES, default_strength, make_engine
from effects.engines.engine import Engine
from effects.learned.checkpoint import digest, stamp
from effects.learned.weights import find_weights
from effects.signal.arrays import Mono
from presets.studio.render import BuildError
from presets.studio.score import Score

UNDRAWN = ("sampler", "infinite")  # engines that have no weights, so that none are random
SECONDS = triplets.PLAY_SECONDS + triplets.TAIL_SECONDS


@dataclass(frozen=True)
class Clips:
    """A triplet as sound, all of one length.

    Attributes:
        triplet: the triplet, its notes cut to the clips' length.
        content: the content's clip.
        style: the style's clip.
        target: the target's clip, which no engine gets.
    """

    triplet: Triplet
    content: Mono
    style: Mono
    target: Mono


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, restyle, judge, and print."""
    options = _options().parse_args(arguments)
    try:
        return _run(options)
    except (OSError, ValueError, BuildError) as error:
        print(f"engines.py: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    engines = chosen(options.engine or list(ENGINES), options.weights)
    script.check_soundfonts(script.PACKAGES)
    script.announce(__doc__, "numpy", "librosa", "torch")
    options.work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("RESTYLE_CACHE_DIR", str(options.work / "cache"))
    torch.set_num_threads(1)
    studio, other = (Studio(it, options.work) for it in (script.TIMGM6MB, script.FLUIDR3))
    ears, knows = Ears(), judge.train(other, options.work)
    results: dict[str, list[tables.Result]] = {}
    wanted = triplets.triplets("report", options.triplets)
    for index, triplet in enumerate(wanted):
        clips = rendered(studio, triplet, options.seconds)
        known: dict[str, tuple[Mono, float]] = {tables.BASELINE: (clips.content, 0.0)}
        for engine in engines:
            script.say(f"triplet {index + 1} of {len(wanted)}: {engine.label}")
            strength = default_strength(engine) if options.strength is None else options.strength
            known[engine.label] = restyled(engine, clips, strength, options.work)
        known[tables.TARGET] = (clips.target, 0.0)
        for label, (output, seconds) in known.items():
            content, target = clips.content, clips.target
            result = judged(clips.triplet, output, content, target, seconds, ears, knows)
            results.setdefault(label, []).append(result)
    rows = {engine.label: engine for engine in engines}
    share = tables.share(results[tables.TARGET])
    print(
        f"The first {options.seconds:g} s of {len(wanted)} triplets to report; the judge names "
        f"{share:.2f} of the targets.\n"
    )
    print(table(results, rows, counts=share >= judge.ENOUGH))
    if options.json:
        text = described(results, rows, seconds=options.seconds, strength=options.strength)
        options.json.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    return 0


def chosen(names: Sequence[str], weights: Sequence[tuple[str, str]]) -> list[Engine]:
    """An engine for each name, and after it one for each of its files of weights.

    Raises:
        ValueError: there is no such engine, or weights are for one that is not asked for or takes
            none.
        FileNotFoundError: there is no such file.
    """
    for name, _ in weights:
        if name not in names:
            raise ValueError(f"There are weights for {name!r}, which is none of the engines.")
    engines: list[Engine] = []
    for name in names:
        engines.append(make_engine(name))
        engines += [make_engine(name, weights=file) for its, file in weights if its == name]
    return engines


def origin(engine: Engine) -> str:
    """Where an engine's weights are from."""
    file = getattr(engine, "weights", None)
    if file is not None:
        return Path(file).name
    return "none" if engine.name in UNDRAWN else "random"


def rendered(studio: Studio, triplet: Triplet, seconds: float) -> Clips:
    """The first ``seconds`` of a triplet."""
    length = round(seconds * RATE)
    content, style, target = (
        read(studio.clip(instrument, notes))[:length]
        for instrument, notes in (
            (triplet.content, triplet.notes),
            (triplet.style, triplet.style_notes),
            (triplet.style, triplet.notes),
        )
    )
    return Clips(replace(triplet, notes=beginning(triplet.notes, seconds)), content, style, target)


def beginning(score: Score, seconds: float) -> Score:
    """The notes of a score that sound in the first ``seconds``."""
    notes = [
        replace(note, seconds=min(note.seconds, seconds - note.start))
        for note in score.notes
        if note.start < seconds
    ]
    return Score(tuple(notes), min(score.seconds, seconds))


def restyled(engine: Engine, clips: Clips, strength: float, kept: Path) -> tuple[Mono, float]:
    """The engine's output for the clips, and the seconds of CPU time it took; kept in ``kept``."""
    options = asdict(engine)
    if options.get("weights") is not None:
        options["weights"] = digest(stamp(options["weights"]))
    key = hashlib.sha256(f"{options} {strength}".encode())
    key.update(clips.content.tobytes() + clips.style.tobytes())
    file = kept / f"{engine.name}-{key.hexdigest()[:20]}.wav"
    time_file = file.with_suffix(".json")
    if not file.is_file():
        effect = StyleTransfer(
            style=(clips.style[None], RATE), engine=engine, strength=strength, device="cpu"
        )
        began = time.process_time()
        output = effect(clips.content[None], RATE)[0]
        time_file.write_text(json.dumps(time.process_time() - began), encoding="utf-8")
        write(file, output)
    return read(file), float(json.loads(time_file.read_text(encoding="utf-8")))


def table(results: tables.Results, engines: Mapping[str, Engine], *, counts: bool) -> str:
    """Markdown: ratios to copying the content; ``counts``: whether to show the judge's verdict."""
    lines = [
        f"| | weights | {' | '.join(NAMES)} | onset F | instrument named | CPU seconds |",
        "|---|---|" + "---|" * (len(NAMES) + 3),
    ]
    for label, row in results.items():
        engine = engines.get(label)
        heard = [it.figures["onset F"] for it in row if it.figures]
        cells = [engine.name, origin(engine)] if engine else [label, ""]
        cells += [tables.shown(tables.ratio(row, results[tables.BASELINE], it)) for it in NAMES]
        cells.append(tables.shown(float(np.mean(heard)) if heard else float("nan")))
        cells.append(tables.shown(tables.share(row) if counts else float("nan")))
        cells.append(f"{np.mean([it.seconds for it in row]):.0f}" if engine else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def described(
    results: tables.Results,
    engines: Mapping[str, Engine],
    *,
    seconds: float,
    strength: float | None,
) -> dict[str, object]:
    """The table with its margins and every output's figures, for JSON."""
    baseline = results[tables.BASELINE]
    return {
        "seconds": seconds,
        "strength": strength,
        "judge_on_targets": tables.share(results[tables.TARGET]),
        "rows": {
            label: {
                "engine": engines[label].name if label in engines else None,
                "weights": origin(engines[label]) if label in engines else None,
                **tables.described(row, baseline),
            }
            for label, row in results.items()
        },
    }


def _options() -> argparse.ArgumentParser:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="keep outputs there"
    )
    parser.add_argument(
        "--triplets", type=script.count, default=10, help="of the half to report (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=SECONDS, help="of each clip (%(default)s)"
    )
    parser.add_argument("--strength", type=float, help="instead of each engine's own")
    parser.add_argument(
        "--engine", action="append", choices=ENGINES, help="repeatable; without it, all"
    )
    parser.add_argument(
        "--weights",
        action="append",
        type=_weights,
        default=[],
        metavar="ENGINE=FILE",
        help="trained weights, in a row of their own; repeatable",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure of every output")
    return parser


def _seconds(text: str) -> float:
    number = float(text)
    if not 1 <= number <= SECONDS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {SECONDS:g}, not {text}")
    return number


def _weights(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"must be ENGINE=FILE, not {text!r}")
    try:
        return name, find_weights(file)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
