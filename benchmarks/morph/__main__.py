"""How good is a morph? Judged beside a cross-fade and audio transport.

    python -m benchmarks.morph --work FOLDER                    # the half that is reported
    python -m benchmarks.morph --half tune --pairs 2 --method notes   # a quick look

It needs Debian's packages fluidsynth, espeak-ng, hydrogen-drumkits and soundfonts: for the half
that is reported timgm6mb-soundfont and fretsonfire-songs-muldjord (CC BY-SA 3.0), for the half to
tune on fluid-soundfont-gm, musescore-general-soundfont-small and fretsonfire-songs-sectoid. Nothing
may be trained or tuned on the former.

Each pair is morphed at X = 0, 0.25, 0.5, 0.75 and 1 by each row, and judged by sound alone. Each
figure is defined in the module of its name: `ends`, `place` (with `distances`), `counts`, `shared`,
`gaps`, `noise`, `naturalness`; those of the latent, which ``--latent`` adds, in `autoencoder`.
Results that are in the work folder are not made again, unless the code that makes or judges them
has changed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import script
from benchmarks.morph import autoencoder, naturalness, report
from benchmarks.morph.judge import Originals, Result
from benchmarks.morph.pairs import COUNTS, Pair, Shop, pairs
from benchmarks.morph.store import Store
from benchmarks.morph.systems import METHODS, Row, made, rows
from benchmarks.quality.sounds import Studio
from benchmarks.quality.triplets import HALVES
from effects.latent.loading import load_codec
from presets.studio.render import BuildError


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, morph, judge, and print."""
    chosen = _parse(arguments)
    try:
        with _work_folder(chosen.work) as folder:
            _run(chosen, folder)
    except (OSError, ValueError, BuildError) as error:
        print(f"morph: {error}", file=sys.stderr)
        return 2
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = script.parser(__doc__, "python -m benchmarks.morph")
    parser.add_argument("--half", choices=HALVES, default="report", help="default: %(default)s")
    parser.add_argument("--pairs", type=script.count, metavar="N", help="of each family at most")
    parser.add_argument("--only", choices=tuple(COUNTS), help="one family of pairs")
    parser.add_argument(
        "--method",
        type=_methods,
        default=METHODS,
        metavar="NAMES",
        help=f"some of {', '.join(METHODS)}, with commas between; none: only the others",
    )
    parser.add_argument("--ours", action="store_true", help="no rows but Restyle's: quicker")
    parser.add_argument(
        "--latent", action="store_true", help="also how well the latent keeps tunes"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep renders and results there")
    return parser.parse_args(arguments)


def _methods(text: str) -> tuple[str, ...]:
    names = () if text == "none" else tuple(text.split(","))
    for name in names:
        if name not in METHODS:
            raise argparse.ArgumentTypeError(f"there is no {name!r}: {', '.join(METHODS)}")
    return names


def _run(chosen: argparse.Namespace, folder: Path) -> None:
    script.announce(__doc__, "numpy", "librosa", "onnxruntime")
    shop = Shop.open(chosen.half, folder)
    script.check_soundfonts({script.FLUIDR3: script.PACKAGES[script.FLUIDR3]})
    ear = naturalness.taught(Studio(script.FLUIDR3, folder), folder)
    store = Store.open(folder, chosen.half)
    wanted = rows(chosen.method, others=not chosen.ours)
    families = (chosen.only,) if chosen.only else tuple(COUNTS)
    results: list[Result] = []
    ends = []
    for pair in pairs(shop, families, chosen.pairs):
        print(f"\n{pair.name}: {pair.a.name} - {pair.b.name}", flush=True)
        originals = Originals.of(pair, ear, folder)
        ends.append(originals.embeddings)
        for row in wanted:
            results.append(_result(row, pair, originals, ear, store))
            print(f"{report.pair_line(results[-1])} {row.name}", flush=True)
    print(f"\n{report.details(results)}\n\n{report.table(results, ends)}")
    if chosen.latent:
        codec = load_codec()
        windows = autoencoder.heard(shop.studio(0), codec)
        print(f"\n{autoencoder.text(autoencoder.figures(windows, codec))}")


def _result(
    row: Row, pair: Pair, originals: Originals, ear: naturalness.Ear, store: Store
) -> Result:
    """What a row reaches for a pair: remembered, or made and judged."""
    known = store.find(row, pair.name)
    if known:
        return known
    script.say(f"{pair.name}: {row.name}")
    morphs, seconds = made(row, pair)
    found = originals.result(row.name, morphs, seconds, ear)
    store.keep(row, found)
    return found


@contextlib.contextmanager
def _work_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder for renders, results and the cache: ``wanted``, or a temporary one."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["RESTYLE_CACHE_DIR"] = str(folder / "cache")
        yield folder


if __name__ == "__main__":
    sys.exit(main())
