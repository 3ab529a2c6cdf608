"""The options of ``python -m benchmarks.quality``, and what is checked before the long work."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import script
from benchmarks.quality import excerpts, kit, music_page, triplets, voices

ITERATIONS = 300  # of the published method
HALF_SIZE = 24  # triplets
TRIPLETS = "triplets"
CASES = (TRIPLETS, "drums", "voice", "presets", "real", "music", "kit", "rough")
RECORDED = {"real", "music"}  # which need recorded notes


def parse(doc: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options in ``arguments``, or of the process; ``doc`` describes the script."""
    parser = script.parser(doc, "python -m benchmarks.quality")
    _add_what_to_run(parser)
    _add_files(parser)
    return parser.parse_args(arguments)


def _add_what_to_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--half", choices=triplets.HALVES, default="report", help="default: %(default)s"
    )
    parser.add_argument(
        "--triplets", type=script.count, default=HALF_SIZE, help="of that half (%(default)s)"
    )
    parser.add_argument(
        "--contents",
        type=_contents,
        default=triplets.CONTENTS,
        metavar="NAMES",
        help="the instruments that may play the triplets' contents, with commas between "
        f"(default: {len(triplets.CONTENTS)} of them)",
    )
    parser.add_argument(
        "--cases",
        type=_cases,
        default=(TRIPLETS,),
        metavar="NAMES",
        help=f"some of {', '.join(CASES)}, with commas between (default: {TRIPLETS})",
    )
    parser.add_argument(
        "--count", type=script.count, default=6, help="of each case but the triplets (%(default)s)"
    )
    parser.add_argument(
        "--engine", action="append", default=[], metavar="NAME", help="adds its row; repeatable"
    )
    parser.add_argument(
        "--published", action="store_true", help="adds the published method: minutes per triplet"
    )
    parser.add_argument(
        "--iterations",
        type=script.count,
        default=ITERATIONS,
        help="of the published method (%(default)s)",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="WORDS",
        help="rows whose name has these words, beside the content and the target; repeatable",
    )
    parser.add_argument(
        "--details", action="store_true", help="also tables of mono, poly, near and far triplets"
    )


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the trade-off")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure of every output")
    parser.add_argument("--page", type=Path, metavar="DIR", help="a page to listen to music")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep the renders there")
    parser.add_argument("--samples", type=Path, metavar="DIR", help="recordings for real and music")
    parser.add_argument("--model", type=Path, metavar="FILE", help="basic-pitch's nmp.onnx")
    parser.add_argument(
        "--soundfont",
        type=Path,
        default=script.TIMGM6MB,
        metavar="FILE",
        help="plays the triplets (%(default)s)",
    )
    parser.add_argument(
        "--other-soundfont",
        type=Path,
        default=script.FLUIDR3,
        metavar="FILE",
        help="teaches the judge, and plays the replay (%(default)s)",
    )


def check(options: argparse.Namespace) -> None:
    """Raise at the start what would be an error at the end.

    Raises:
        FileNotFoundError: a program, a file or a folder is missing.
        ValueError: the two soundfonts are the same.
    """
    script.check_soundfonts(
        {
            options.soundfont: script.PACKAGES[script.TIMGM6MB],
            options.other_soundfont: script.PACKAGES[script.FLUIDR3],
        }
    )
    if RECORDED & {*options.cases} and not (options.samples and options.samples.is_dir()):
        raise FileNotFoundError("Recorded notes lie in a folder that is named with --samples.")
    if "voice" in options.cases:
        voices.check()
    if "kit" in options.cases:
        kit.check()
    if "music" in options.cases:
        excerpts.check(excerpts.EXCERPTS[options.half])
    if options.page:
        _check_page(options)
    if options.soundfont.samefile(options.other_soundfont):
        raise ValueError("A judge is to learn from another soundfont than the one it judges.")
    for file in (options.plot, options.json):
        if file and not file.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {file.parent} to write {file.name} to.")


def _contents(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in triplets.KIND_OF:
            raise argparse.ArgumentTypeError(f"there is no {name!r}: {', '.join(triplets.KIND_OF)}")
    return names


def _check_page(options: argparse.Namespace) -> None:
    if "music" not in options.cases:
        raise ValueError("--page is of the case music: add --cases music.")
    music_page.check(options.page)


def _cases(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in CASES:
            raise argparse.ArgumentTypeError(f"there is no {name!r}: {', '.join(CASES)}")
    return names
