"""Does the melody survive and the instrument change? Restyling against what it should become.

    pip install --no-deps basic-pitch
    pip install onnxruntime matchering          # Matchering may be left out, with its row
    python -m benchmarks.quality --half tune --triplets 4        # a quick look
    python -m benchmarks.quality --plot quality.png --json quality.json

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
- pitch: 1 − Jaccard index, per frame, of the keys of the score and those that are heard by ears
  which are no part of any engine and have learnt nothing (`benchmarks.quality.ears`).
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

"The target itself" shows what the ears and the judge can tell at best.

``--cases`` adds or picks what is not a triplet; each has its own figures, as they are:

- drums: tunes on the piano into drum kits, and grooves into the piano; onset F.
- voice: espeak-ng (Debian's package) speaks and sings, into instruments that can hold their notes;
  the share of voiced frames in which the output keeps the pitch within 50 cents.
- presets: is an engine better with a preset, whose notes are known, than with a clip? Ratios.
- real: triplets of recorded notes, in a folder that ``--samples`` names; ratios.
- rough: noise, rain, clicks, silence, clips too short; whether engines go on.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks.quality import (
    cases,
    drums,
    judge,
    known,
    real,
    rough,
    systems,
    tables,
    triplets,
    voices,
)
from benchmarks.quality.bench import Bench
from benchmarks.quality.figures import NAMES
from benchmarks.quality.pitches import Transcriber
from benchmarks.quality.sounds import Studio
from benchmarks.quality.triplets import Triplet
from presets.studio.render import BuildError

FOLDER = Path("/usr/share/sounds/sf2")
ITERATIONS = 300  # of the published method
HALF_SIZE = 24
TRIPLETS = "triplets"
Sections = Callable[..., list[cases.Section]]
SECTIONS: dict[str, Sections] = {
    "drums": drums.sections,
    "voice": voices.sections,
    "presets": known.sections,
    "real": real.sections,
    "rough": rough.sections,
}
CASES = (TRIPLETS, *SECTIONS)


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
    transcriber = Transcriber.load(options.model)
    other = Studio(options.other_soundfont, folder)
    rows, missing = systems.rows(
        transcriber=transcriber,
        sampler=other,
        folder=folder,
        published=options.iterations if options.published else None,
        engines=options.engine,
    )
    wanted = [it for it in rows if options.only is None or _asked(it.name, options.only)]
    _say("teaching the judge")
    bench = Bench.open(folder, options.soundfont, options.other_soundfont)
    text: dict[str, object] = {"half": options.half, "soundfont": options.soundfont.name}
    if TRIPLETS in options.cases:
        text |= _triplets(options, bench, wanted)
        for line in missing:
            print(f"\n{line}")
    sections_of: dict[str, Sections] = {
        **SECTIONS,
        "real": partial(real.sections, samples=options.samples),
    }
    for name, sections in sections_of.items():
        if name in options.cases:
            _say(name)
            found = sections(bench, wanted, options.half, options.count)
            print("\n" + "\n\n".join(it.text for it in found))
            text[name] = [asdict(it) for it in found]
    if options.json:
        options.json.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    return 0


def _triplets(
    options: argparse.Namespace, bench: Bench, wanted: Sequence[systems.Row]
) -> dict[str, object]:
    """The tables of the triplets, and all of their figures."""
    tasks = bench.tasks(options.half, options.triplets)
    results = bench.results(wanted, tasks, _say)
    return _report(options, results, [it.triplet for it in tasks])


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
    if "real" in options.cases and not (options.samples and options.samples.is_dir()):
        raise FileNotFoundError("Recorded notes lie in a folder that is named with --samples.")
    if "voice" in options.cases:
        voices.check()
    if options.soundfont.samefile(options.other_soundfont):
        raise ValueError("A judge is to learn from another soundfont than the one it judges.")
    for file in (options.plot, options.json):
        if file and not file.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {file.parent} to write {file.name} to.")


def _asked(name: str, words: Sequence[str]) -> bool:
    return name in (tables.BASELINE, tables.TARGET) or any(it in name for it in words)


def _report(
    options: argparse.Namespace, results: tables.Results, chosen: Sequence[Triplet]
) -> dict[str, object]:
    """Print the tables, draw the plot that was asked for, and give all figures."""
    known_targets = tables.share(results[tables.TARGET])
    counts = known_targets >= judge.ENOUGH
    title = (
        f"{len(chosen)} of the triplets to {options.half}, rendered from {options.soundfont.name}"
    )
    print(cases.Section.of_ratios(title, results).text)
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
    if options.plot:
        tables.plot(results, title, options.plot)
    baseline = results[tables.BASELINE]
    return {
        "judge_on_targets": known_targets,
        "triplets": [_described(it) for it in chosen],
        "rows": {
            name: {
                "ratio": {it: tables.ratio(row, baseline, it) for it in NAMES},
                "margin": {it: tables.margin(row, baseline, it) for it in NAMES},
                "instrument_named": tables.share(row),
                "outputs": [asdict(it) for it in row],
            }
            for name, row in results.items()
        },
    }


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
    parser.add_argument(
        "--cases",
        type=_cases,
        default=(TRIPLETS,),
        metavar="NAMES",
        help=f"some of {', '.join(CASES)}, with commas between (default: {TRIPLETS})",
    )
    parser.add_argument("--count", type=_count, default=6, help="of each case beside the triplets")
    parser.add_argument(
        "--engine", action="append", default=[], metavar="NAME", help="adds its row; repeatable"
    )
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
    parser.add_argument("--samples", type=Path, metavar="DIR", help="the real case's recordings")
    parser.add_argument("--model", type=Path, help="basic-pitch's nmp.onnx")
    parser.add_argument("--soundfont", type=Path, default=FOLDER / "TimGM6mb.sf2")
    parser.add_argument("--other-soundfont", type=Path, default=FOLDER / "FluidR3_GM.sf2")
    return parser


def _cases(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"there is no {name!r}: {', '.join(CASES)}")
    return names


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
