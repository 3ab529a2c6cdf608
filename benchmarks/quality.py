"""Does the melody survive and the instrument change? Restyling against what it should become.

    pip install --no-deps basic-pitch
    pip install onnxruntime matchering          # Matchering may be left out, with its row
    python benchmarks/quality.py --half tune --triplets 4        # a quick look
    python benchmarks/quality.py --plot quality.png --json quality.json

It also takes fluidsynth and two soundfonts: Debian's fluidsynth, timgm6mb-soundfont (plays the
triplets) and fluid-soundfont-gm (teaches the judge, and is the replay's sampler).

A triplet is a content clip, a style clip and a target: the content's notes on the style's
instrument. All are rendered from tunes that are written here, by a soundfont that the presets do
not use. What is tuned is tuned on one half (``--half tune``) and told of the other.

Figures, 0 at best, each divided by that of the untouched content (means over the triplets):

- lsd: log-spectral distance to the target; both clips at equal RMS and 16 kHz, 128 mel bands in dB,
  windows of 2048 every 512; mean over bands of the root of the mean over frames of the squared
  difference (Cífka et al. 2021).
- timbre: 1 − cosine between the mean MFCCs 1 to 12 of output and target.
- pitch: 1 − Jaccard index of the keys that basic-pitch hears and those of the score, per frame.
- onset: 1 − F-measure of the onsets that librosa hears in output and target, within 50 ms.

Not divided:

- onset F: F-measure of the onsets that librosa hears and those of the score; 1 at best. A target
  that begins softly may have less than its content: of such, onsets are hard to hear.
- loudness, in LU: by how much the output's differs from the content's.

- instrument named: how often a judge takes the output for the kind of instrument (such as mallets,
  or brass) that plays the style; the content is of another kind. The judge learns from another
  soundfont, and its verdict is shown only if it knows 90 % of the targets. That soundfont is the
  replay's sampler as well, so to the judge the replay is an old acquaintance.
- seconds: what an output took.

The transcription of the replay is basic-pitch's as well, so its pitch error looks smaller than it
would to other ears. "The target itself" shows what the ears and the judge can tell at best.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from quality_parts import judge, systems, tables, triplets
from quality_parts.figures import NAMES, figures
from quality_parts.pitches import Transcriber
from quality_parts.sounds import SILENT, Studio, read
from quality_parts.triplets import Triplet

from presets.build.render import BuildError

FOLDER = Path("/usr/share/sounds/sf2")
ITERATIONS = 300  # of the published method
HALF_SIZE = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, restyle, judge, and print."""
    options = _options().parse_args(arguments)
    try:
        with _work_folder(options.work) as folder:
            return _run(options, folder)
    except (OSError, ValueError, BuildError) as error:
        print(f"quality.py: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, folder: Path) -> int:
    _check(options)
    ears = Transcriber.load(options.model)
    studio = Studio(options.soundfont, folder)
    other = Studio(options.other_soundfont, folder)
    chosen = triplets.triplets(options.half, options.triplets)
    tasks = [
        systems.Task(
            triplet=it,
            content=studio.clip(it.content, it.notes),
            style=studio.clip(it.style, it.style_notes),
            target=studio.clip(it.style, it.notes),
        )
        for it in chosen
    ]
    _say("teaching the judge")
    knows = judge.train(other, folder)
    rows, missing = systems.rows(
        ears=ears,
        sampler=other,
        folder=folder,
        published=options.iterations if options.published else None,
    )
    wanted = [it for it in rows if options.only is None or _asked(it.name, options.only)]
    results: dict[str, list[tables.Result]] = {row.name: [] for row in wanted}
    for index, task in enumerate(tasks):
        known: dict[str, tables.Result] = {}
        for row in wanted:
            key = row.same_as if row.same_as in known else row.name
            if key not in known:
                _say(f"triplet {index + 1} of {len(tasks)}: {row.name}")
                known[key] = _judged(row.system, task, ears, knows)
            results[row.name].append(known[key])
    _report(options, results, missing, chosen)
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raise at the start what would be an error at the end."""
    if shutil.which("fluidsynth") is None:
        raise FileNotFoundError("There is no fluidsynth: install Debian's package fluidsynth.")
    for soundfont, package in (
        (options.soundfont, "timgm6mb-soundfont"),
        (options.other_soundfont, "fluid-soundfont-gm"),
    ):
        if not soundfont.is_file():
            raise FileNotFoundError(
                f"There is no soundfont {soundfont}: install Debian's package {package}."
            )
    if options.soundfont.samefile(options.other_soundfont):
        raise ValueError("A judge is to learn from another soundfont than the one it judges.")
    for file in (options.plot, options.json):
        if file and not file.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {file.parent} to write {file.name} to.")


def _asked(name: str, words: Sequence[str]) -> bool:
    return name in (tables.BASELINE, tables.TARGET) or any(it in name for it in words)


def _judged(
    system: systems.System, task: systems.Task, ears: Transcriber, knows: judge.Judge
) -> tables.Result:
    """What a system makes of a task, and how good it is."""
    began = time.perf_counter()
    output = system(task)
    seconds = time.perf_counter() - began
    style = task.triplet.style
    if np.abs(output).max(initial=0) < SILENT:
        return tables.Result(task.triplet.seed, None, "", False, seconds)
    named = knows.name(output)
    return tables.Result(
        seed=task.triplet.seed,
        figures=figures(output, read(task.content), read(task.target), task.triplet.notes, ears),
        named=named,
        right=named == triplets.KIND_OF[style.name],
        seconds=seconds,
    )


def _report(
    options: argparse.Namespace,
    results: tables.Results,
    missing: Sequence[str],
    chosen: Sequence[Triplet],
) -> None:
    """Print the tables, and write what was asked for."""
    known = tables.share(results[tables.TARGET])
    counts = known >= judge.ENOUGH
    title = (
        f"{len(chosen)} of the triplets to {options.half}, rendered from "
        f"{options.soundfont.name}; the judge names {known:.2f} of the targets"
    )
    print(f"{title}{'' if counts else ': too few for its verdict to count'}.\n")
    print(tables.table(results, counts=counts))
    parts = {
        "mono": [it.seed for it in chosen if not it.poly],
        "poly": [it.seed for it in chosen if it.poly],
        "near": [it.seed for it in chosen if it.near],
        "far": [it.seed for it in chosen if not it.near],
    }
    for name, seeds in parts.items():
        if options.details and seeds:
            print(f"\n{name}, {len(seeds)} triplets\n")
            print(tables.table(tables.of_seeds(results, seeds), counts=counts))
    for line in missing:
        print(f"\n{line}")
    if options.plot:
        tables.plot(results, title, options.plot)
    if options.json:
        text = {
            "half": options.half,
            "soundfont": options.soundfont.name,
            "judge_on_targets": known,
            "triplets": [_described(it) for it in chosen],
            "rows": {
                name: {
                    "ratio": {it: tables.ratio(row, baseline, it) for it in NAMES},
                    "margin": {it: tables.margin(row, baseline, it) for it in NAMES},
                    "instrument_named": tables.share(row),
                    "outputs": [asdict(it) for it in row],
                }
                for baseline in (results[tables.BASELINE],)
                for name, row in results.items()
            },
        }
        options.json.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def _described(triplet: Triplet) -> dict[str, object]:
    return {
        "seed": triplet.seed,
        "poly": triplet.poly,
        "near": triplet.near,
        "content": triplet.content.name,
        "style": triplet.style.name,
    }


@contextlib.contextmanager
def _work_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder for renders; without a wish, one for a while. So is the cache of styles."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("RESTYLE_CACHE_DIR", str(Path(temporary) / "cache"))
        yield folder


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--half", choices=triplets.HALVES, default="report")
    parser.add_argument("--triplets", type=_count, default=HALF_SIZE, help="of that half")
    parser.add_argument("--published", action="store_true", help="minutes for each triplet")
    parser.add_argument("--iterations", type=_count, default=ITERATIONS, help="of the published")
    parser.add_argument(
        "--only",
        action="append",
        metavar="WORDS",
        help="rows whose name has these words, next to the content and the target; repeatable",
    )
    parser.add_argument(
        "--details", action="store_true", help="tables of mono, poly, near and far triplets, too"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure of every output")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keeps the renders")
    parser.add_argument("--model", type=Path, help="basic-pitch's nmp.onnx")
    parser.add_argument("--soundfont", type=Path, default=FOLDER / "TimGM6mb.sf2")
    parser.add_argument("--other-soundfont", type=Path, default=FOLDER / "FluidR3_GM.sf2")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
