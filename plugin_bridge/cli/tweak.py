"""``restyle tweak``: a piece with its latent changed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from plugin_bridge.cli.described import described
from plugin_bridge.cli.grouped import grouped
from plugin_bridge.cli.latent_options import Report, Tweaking, Weights, chosen
from plugin_bridge.cli.options import JobSeed, Quiet, Threads, force_option, preset_option
from plugin_bridge.cli.results import (
    Result,
    check_all_differ,
    sound_result,
    write_json,
    write_results,
)
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.latent.changes import Changes
    from effects.style_clip import Style
    from effects.tweaking.tweaked import Tweaked
    from plugin_bridge.files.sound_files import Sound

Piece = Annotated[
    Path, typer.Argument(metavar="IN", help="The piece: WAV, AIFF, FLAC, MP3 or OGG.")
]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Where to write it: .wav, .aiff, .flac, .mp3 or .ogg. Length, sample rate, channels "
        "and bit depth stay those of IN.",
    ),
]
Preset = Annotated[
    str | None,
    preset_option("Who plays it; without this, IN's own sounds. See restyle presets."),
]
Clip = Annotated[
    Path | None,
    typer.Option("--style", metavar="CLIP", help="A sound file that plays it, in place of that."),
]
Force = Annotated[bool, force_option("Replace OUT and the report if they exist.")]


class Made(NamedTuple):
    """What there is to write.

    Attributes:
        sound: what came out.
        tweaked: how it was made.
    """

    sound: Sound
    tweaked: Tweaked


@grouped
def tweak(
    piece: Piece,
    out: Out,
    *,
    tweaking: Tweaking,
    preset: Preset = None,
    style: Clip = None,
    seed: JobSeed = None,
    report: Report = None,
    weights: Weights = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Change what a piece is in the latent space of music, and play what comes of it: a cover.

    [bold]restyle tweak piano.wav denser.wav --scale 1.3[/bold]

    [bold]restyle tweak piano.wav strange.wav --max 17 --flatten 0.5 --shuffle 0.3[/bold]

    [bold]restyle tweak piano.wav busy.wav --more-notes 1 --brighter -0.5[/bold]

    [bold]restyle tweak piano.wav calmer.wav --towards lullabies/ --amount 0.7[/bold]

    [bold]restyle tweak piano.wav cover.wav --noise 0.5 --seed 3 --preset violin[/bold]

    Every four seconds are 120 numbers: 96 say what is played, and 24 how it sounds. Nothing changed
    gives IN as it is, to the bit. Everything is written, or nothing; files are replaced only with
    --force. Ctrl-C leaves nothing behind.
    """
    started = time.monotonic()
    results = _check_results(out, report, force=force)
    changes, player = _make_options(tweaking, seed, preset, style, weights)

    from plugin_bridge.files import sound_files
    from plugin_bridge.files.tweaks import tweak_reporting
    from plugin_bridge.terminal.progress_bar import progress_bar

    content = sound_files.read(piece)
    sound_files.check_holds(out, content)
    with progress_bar(piece.name, quiet=quiet) as on_progress:
        tweaked = tweak_reporting(
            piece.name,
            content,
            changes,
            on_progress,
            style=player,
            weights=weights,
            threads=threads,
        )
    sound = content.with_audio(tweaked.audio)
    write_results(results, Made(sound, tweaked))
    if not quiet:
        seconds = time.monotonic() - started
        print(f"Wrote {shown(out)}: {described(out, sound)}, in {seconds:.1f} s.")
        print(shown(str(tweaked.report["why"])))


def _make_options(
    tweaking: Tweaking,
    seed: int | None,
    preset: str | None,
    clip: Path | None,
    weights: Path | None,
) -> tuple[Changes, Style | None]:
    """What is to be done, and who plays it. Raises ValueError or OSError if it is impossible."""
    from effects.learned.weights import find_weights
    from plugin_bridge.files.tweaks import changes_of, check_towards, player

    given = chosen(tweaking)
    if preset is not None and clip is not None:
        raise ValueError("--style and --preset exclude each other: give one of them.")
    if "amount" in given and "towards" not in given:
        raise ValueError("--amount says how far to go: add --towards PRESET, a file or a folder.")
    if "towards" in given:
        check_towards(given["towards"])
    if weights is not None:
        find_weights(weights)
    return changes_of(given if seed is None else {**given, "seed": seed}), player(preset, clip)


def _check_results(out: Path, report: Path | None, *, force: bool) -> list[Result[Made]]:
    """Check, before the long work, that both can be written. Raises ValueError if not."""
    from plugin_bridge.files.targets import check_json

    results: list[Result[Made]] = [sound_result(out, lambda made: made.sound, force=force)]
    if report is not None:
        target = check_json(report, "the report", force=force)
        results.append(Result(target, lambda file, made: write_json(file, made.tweaked.report)))
    check_all_differ(results)
    return results
