"""``restyle morph``: the piece between two others, or a row of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from plugin_bridge.cli.described import described
from plugin_bridge.cli.grouped import grouped
from plugin_bridge.cli.latent_options import Morphing, MorphTempo, Report, Weights, chosen
from plugin_bridge.cli.options import JobSeed, Quiet, Threads, force_option
from plugin_bridge.cli.results import (
    Result,
    check_all_differ,
    sound_result,
    write_json,
    write_results,
)
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.morphing.morphed import Morphed
    from effects.morphing.options import Options
    from plugin_bridge.files.sound_files import Sound

A = Annotated[
    Path, typer.Argument(metavar="A", help="The piece at 0: WAV, AIFF, FLAC, MP3 or OGG.")
]
B = Annotated[Path, typer.Argument(metavar="B", help="The piece at 1.")]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Where to write it: .wav, .aiff, .flac, .mp3 or .ogg, with A's sample rate and bit "
        "depth; with --steps, a folder.",
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=2,
        max=21,  # a page with more would be long to hear; not searched
        help="Make a folder with so many, from A to B, and a page to hear and see them.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", help="Also draw it: the notes of A, of the morph and of B."),
]
Force = Annotated[bool, force_option("Replace OUT and what is beside it if they exist.")]


class Made(NamedTuple):
    """What there is to write.

    Attributes:
        sound: the morph.
        morphed: how it was made.
    """

    sound: Sound
    morphed: Morphed


@grouped
def morph(
    a: A,
    b: B,
    out: Out,
    *,
    morphing: Morphing,
    tempo: MorphTempo = None,
    steps: Steps = None,
    seed: JobSeed = None,
    plot: Plot = None,
    report: Report = None,
    weights: Weights = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Make the piece between two: one melody, one groove, one sound, part of the way from A to B.

    [bold]restyle morph piano.wav guitar.wav between.wav[/bold]

    [bold]restyle morph a.wav b.wav near-a.wav --at 0.25 --plot near-a.png[/bold]

    Travel from A to B, there and back, or as a modulation wheel was moved:

    [bold]restyle morph a.wav b.wav out.wav --at 0:1[/bold]

    [bold]restyle morph a.wav b.wav out.wav --at 0:1:0[/bold]

    [bold]restyle morph a.wav b.wav out.wav --at sweep.mid[/bold]

    A row of five in a folder, with a page to hear and see them:

    [bold]restyle morph a.wav b.wav row --steps 5[/bold]

    At 0 it is A itself, and at 1 B. Drums go with drums, and a texture with anything: the last line
    says what was done. Everything is written, or nothing; files are replaced only with --force.
    Ctrl-C leaves nothing behind.
    """
    others = {"tempo": tempo, "seed": seed, "weights": weights}
    given = chosen(morphing) | {name: it for name, it in others.items() if it is not None}
    given["seconds"] = given.pop("length", None)
    if steps is None:
        _morph((a, b), out, given, plot, report, force=force, threads=threads, quiet=quiet)
        return
    named = {"--at": morphing.at, "--plot": plot, "--report": report}
    for option in (it for it, value in named.items() if value is not None):
        raise ValueError(f"{option} is for one morph: leave it or --steps out.")
    from plugin_bridge.cli.morph_steps import write_steps

    options = _make_options(given)
    write_steps((a, b), out, steps, options, force=force, threads=threads, quiet=quiet)


def _morph(
    paths: tuple[Path, Path],
    out: Path,
    given: dict[str, Any],
    plot: Path | None,
    report: Path | None,
    *,
    force: bool,
    threads: int | None,
    quiet: bool,
) -> None:
    """Make the morph, and write it. Whatever could keep it from being written is checked first."""
    started = time.monotonic()
    results = _check_results(out, plot, report, force=force)
    options = _make_options(given)

    from plugin_bridge.files.morphs import morph_reporting, read_pair
    from plugin_bridge.files.sound_files import check_holds
    from plugin_bridge.terminal.progress_bar import progress_bar

    pair = read_pair(paths)
    check_holds(out, pair.kind)
    with progress_bar(" + ".join(pair.names), quiet=quiet) as on_progress:
        morphed = morph_reporting(pair, options, on_progress, threads)
    sound = pair.kind.with_audio(morphed.audio)
    write_results(results, Made(sound, morphed))
    if not quiet:
        seconds = time.monotonic() - started
        print(f"Wrote {shown(out)}: {described(out, sound)}, in {seconds:.1f} s.")
        print(shown(str(morphed.report["why"])))


def _make_options(given: dict[str, Any]) -> Options:
    """The options that were given. Raises ValueError or OSError if one is impossible."""
    from effects.morphing.options import METHODS, Options

    notes, *with_latent = METHODS
    if "weights" in given and given.get("method", notes) == notes:
        raise ValueError(f"--weights is for --method {' or '.join(with_latent)}: add one of these.")
    return Options(**given)


def _check_results(
    out: Path, plot: Path | None, report: Path | None, *, force: bool
) -> list[Result[Made]]:
    """Check, before the long work, that all can be written. Raises ValueError if not."""
    from plugin_bridge.files.targets import check_json, check_picture

    results: list[Result[Made]] = [sound_result(out, lambda made: made.sound, force=force)]
    if plot is not None:
        results.append(Result(check_picture(plot, force=force), _draw))
    if report is not None:
        target = check_json(report, "the report", force=force)
        results.append(Result(target, lambda file, made: write_json(file, made.morphed.report)))
    check_all_differ(results)
    return results


def _draw(file: Any, made: Made) -> None:
    from plugin_bridge.reports import morph_picture

    morph_picture.draw(made.morphed, file)
