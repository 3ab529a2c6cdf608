"""Does the melody survive and the instrument change? Restyling against what it should become.

    pip install --no-deps basic-pitch
    pip install onnxruntime matchering          # Matchering may be left out, with its row
    python -m benchmarks.quality --half tune --triplets 4        # a quick look
    python -m benchmarks.quality --plot quality.png --json quality.json

It also needs fluidsynth and two soundfonts, from Debian's packages fluidsynth, timgm6mb-soundfont
(plays the triplets) and fluid-soundfont-gm (teaches the judge, and plays the replay).

A triplet is a content clip, a style clip and a target: the content's notes on the style's
instrument. All are rendered from tunes that are written here, by a soundfont that the presets do
not use. Engines are tuned on one half of the triplets (``--half tune``); figures are reported of
the other.

Figures, 0 at best, each divided by the untouched content's (means over the triplets):

- lsd: log-spectral distance to the target; both clips at equal RMS and 16 kHz, 128 mel bands in dB,
  windows of 2048 every 512; mean over bands of the root of the mean over frames of the squared
  difference (Cífka et al. 2021).
- timbre: 1 − cosine between the mean MFCCs 1 to 12 of output and target.
- pitch: 1 − Jaccard index, per frame, of the score's keys and those that `benchmarks.quality.ears`
  hear, which are not part of any engine and have learnt nothing.
- onset: 1 − F-measure of the onsets that librosa hears in output and target, within 50 ms.

Not divided:

- onset F: F-measure of the onsets that librosa hears and the score's; 1 at best. A target whose
  notes begin softly may have less than its content, because such onsets are hard to hear.
- loudness, in LU: how far the output's is from the content's.
- instrument named: how often a judge takes the output for the style's kind of instrument (mallets,
  for example, or brass); the content is of another kind. The judge learns from another soundfont,
  and its verdict is shown only if it names 90 % of the targets correctly. The replay is played by
  that other soundfont, which makes it easy for the judge.
- seconds: how long an output took to make.

"The target itself" shows how well ears and judge can do at best.

``--cases`` chooses other cases as well, or instead; their figures are not divided, except where
ratios are named:

- drums: tunes on the piano into drum kits, and grooves into the piano; onset F.
- voice: espeak-ng (Debian's package) speaks and sings, into instruments that can hold their notes;
  the share of voiced frames in which the output keeps the pitch within 50 cents.
- presets: is an engine better with a preset, whose notes are known, than with a clip? Ratios.
- real: triplets of recorded notes, from a folder that ``--samples`` names; ratios.
- music: real music (`benchmarks.quality.excerpts` has the packages) restyled by recorded
  instruments, from the same folder; harmony, level and onsets that are kept, and holes. ``--page``
  makes a page to listen to.
- kit: recorded drums (Debian's hydrogen-drumkits and sonic-pi-samples) on another recorded kit;
  onset F, and correlations of onset strengths and levels.
- rough: noise, rain, clicks, silence, clips that are too short: do engines cope?
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks import script
from benchmarks.quality import (
    cases,
    drums,
    kit,
    known,
    music_page,
    options,
    real,
    report,
    rough,
    systems,
    tables,
    voices,
)
from benchmarks.quality.bench import Bench
from benchmarks.quality.pitches import Transcriber
from benchmarks.quality.sounds import Studio
from presets.studio.render import BuildError

Sections = Callable[..., list[cases.Section]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, restyle, judge, and print."""
    chosen = options.parse(__doc__, arguments)
    try:
        options.check(chosen)
        with _work_folder(chosen.work) as folder:
            _run(chosen, folder)
    except (OSError, ValueError, BuildError) as error:
        print(f"quality.py: {error}", file=sys.stderr)
        return 2
    return 0


def _run(chosen: Namespace, folder: Path) -> None:
    rows, missing = systems.rows(
        transcriber=Transcriber.load(chosen.model),
        sampler=Studio(chosen.other_soundfont, folder),
        folder=folder,
        published=chosen.iterations if chosen.published else None,
        engines=chosen.engine,
    )
    wanted = [it for it in rows if chosen.only is None or _asked(it.name, chosen.only)]
    script.announce(__doc__, "numpy", "librosa", "torch", "onnxruntime")
    script.say("teaching the judge")
    bench = Bench.open(folder, chosen.soundfont, chosen.other_soundfont)
    text: dict[str, object] = {"half": chosen.half, "soundfont": chosen.soundfont.name}
    if options.TRIPLETS in chosen.cases:
        tasks = bench.tasks(chosen.half, chosen.triplets, chosen.contents)
        results = bench.results(wanted, tasks, script.say)
        text |= report.triplets(chosen, results, [it.triplet for it in tasks])
        for line in missing:
            print(f"\n{line}")
    for name, sections in _sections(chosen).items():
        if name in chosen.cases:
            script.say(name)
            found = sections(bench, wanted, chosen.half, chosen.count)
            print("\n" + "\n\n".join(it.text for it in found))
            text[name] = [asdict(it) for it in found]
    if chosen.json:
        chosen.json.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def _sections(chosen: Namespace) -> dict[str, Sections]:
    """What makes the sections of each case, by the case's name in `options.CASES`."""
    return {
        "drums": drums.sections,
        "voice": voices.sections,
        "presets": known.sections,
        "real": partial(real.sections, samples=chosen.samples),
        "music": partial(music_page.sections, samples=chosen.samples, page=chosen.page),
        "kit": kit.sections,
        "rough": rough.sections,
    }


def _asked(name: str, words: Sequence[str]) -> bool:
    return name in (tables.BASELINE, tables.TARGET) or any(it in name for it in words)


@contextlib.contextmanager
def _work_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder for renders: ``wanted``, or a temporary one. The cache of styles is temporary."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("RESTYLE_CACHE_DIR", str(Path(temporary) / "cache"))
        yield folder


if __name__ == "__main__":
    sys.exit(main())
