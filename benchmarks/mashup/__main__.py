"""How good is a mashup? Judged beside simpler ways to make one, where all is known.

    python -m benchmarks.mashup --pairs 2            # a quick look: two pairs of each family
    python -m benchmarks.mashup --work FOLDER --json mashup.json

It needs Debian's packages fluidsynth, timgm6mb-soundfont, and for recordings
fretsonfire-songs-muldjord (CC BY-SA 3.0). Nothing of this may be trained or tuned on: neither the
songs of `benchmarks.mashup.writer`, nor the soundfont, nor the recordings.

Wanted is the lead of A over the bed of B. Rendered pairs come in families: same tempo and key;
other tempo and other key, a quarter of them with B about twice as fast; A's lead rests for four
bars in eight; no drums; other meters than 4/4. Recordings are a minute each of four songs with the
guitars apart. Whatever a row does, it is judged on the time axis that Restyle's own mask file
tells, with stems that are moved as songs are; only the unaligned sum and the mask that is told the
true beats have their own. `benchmarks.mashup.judge` says what each figure is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import script
from benchmarks.mashup import duration, report, songs
from benchmarks.mashup.pairs import COUNTS, RECORDED, RENDERED, pairs
from benchmarks.mashup.systems import results
from presets.studio.render import BuildError


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, render, mash, judge, and print."""
    chosen = _parse(arguments)
    try:
        if chosen.only != "recordings":
            script.check_soundfonts({chosen.soundfont: script.PACKAGES[script.TIMGM6MB]})
        with _work_folder(chosen.work) as folder:
            _run(chosen, folder)
    except (OSError, ValueError, BuildError) as error:
        print(f"mashup: {error}", file=sys.stderr)
        return 2
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = script.parser(__doc__, "python -m benchmarks.mashup")
    most = max(COUNTS.values())
    parser.add_argument("--pairs", type=script.count, default=most, help="of each family at most")
    parser.add_argument("--only", choices=("rendered", "recordings"), help="one kind of pairs")
    parser.add_argument("--family", choices=tuple(COUNTS), help="one family of pairs")
    parser.add_argument("--told", action="store_true", help="also the mask on true alignments")
    parser.add_argument("--restyle", action="store_true", help="no rows but Restyle's: quicker")
    parser.add_argument("--soundfont", type=Path, default=script.TIMGM6MB)
    parser.add_argument("--work", type=Path, help="folder that keeps renders for the next time")
    parser.add_argument("--json", type=Path, help="file for every figure")
    return parser.parse_args(arguments)


def _run(chosen: argparse.Namespace, folder: Path) -> None:
    script.announce(__doc__, "numpy", "librosa", "pedalboard", "onnxruntime")
    families = {None: tuple(COUNTS), "rendered": RENDERED, "recordings": (RECORDED,)}[chosen.only]
    if chosen.family:
        families = (chosen.family,)
    found = []
    for pair in pairs(families, chosen.pairs, chosen.soundfont, folder):
        script.say(f"{pair.family} {pair.number + 1}: {pair.a.name} over {pair.b.name}")
        found += results(pair, told=chosen.told, others=not chosen.restyle)
    taken = None
    if RECORDED in families:
        taken = duration.mashup(*(songs.recording(it) for it in songs.RECORDINGS[:2]))
    print(report.text(found, taken))
    if chosen.json:
        described = report.described(found, taken)
        chosen.json.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _work_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder for renders: ``wanted``, or a temporary one. The cache of songs is temporary."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["RESTYLE_CACHE_DIR"] = str(Path(temporary) / "cache")
        yield folder


if __name__ == "__main__":
    sys.exit(main())
