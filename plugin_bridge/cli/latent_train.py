"""``restyle latent train``: learn a latent space from music of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_bridge.cli.options import Quiet, Threads, force_option
from plugin_bridge.cli.stopping import telling_how_to_go_on
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.latent.own.report import Report
    from effects.running.progress import OnProgress

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="Music: any folder of sounds. Genres are kept where there is a folder for each "
        "(GTZAN), or a tracks.csv (FMA).",
    ),
]
Out = Annotated[Path, typer.Argument(metavar="WEIGHTS.npz", help="Where to write what was learnt.")]
Minutes = Annotated[
    float | None,
    typer.Option(
        min=0.0, help="How long to train, after all is heard; 30 without this or --steps."
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(
        min=1, help="Train each of the three stages for so many steps: the same weights each time."
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        min=8.0,
        help="How much of each piece to learn from, from its middle; without this, all of it, up "
        "to 20 minutes.",
    ),
]
Work = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where to keep what is known so far: 0.1 MB for a minute of music, and 50 MB; without "
        "this, a folder beside the weights, whose name ends in .work.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the first weights and the order.")]
ReportPath = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.json", help="Also write the figures as JSON."),
]
Force = Annotated[bool, force_option("Replace the weights and the report if they exist.")]


def train(
    folder: Folder,
    out: Out,
    *,
    minutes: Minutes = None,
    steps: Steps = None,
    seconds: Seconds = None,
    work: Work = None,
    seed: Seed = 0,
    report: ReportPath = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Learn a latent space from music of your own, and write weights for --weights.

    [bold]restyle latent train songs own.npz[/bold]

    [bold]restyle latent train genres own.npz --minutes 120[/bold]

    [bold]restyle tweak in.wav out.wav --scale 1.3 --weights own.npz[/bold]

    Each piece is listened to; damaged ones are left out and named. A tenth of the pieces is held
    out: in the end they tell how much of a piece the latent knows.

    Ctrl-C stops it; the same command goes on where it was.
    """
    from plugin_bridge.files.targets import check_json, check_target
    from plugin_bridge.files.whole_files import writing
    from plugin_bridge.terminal.progress_bar import progress_bar

    if out.suffix.lower() != ".npz":
        raise ValueError(f"{out}: the name of weights must end in .npz.")
    check_target(out, force=force)
    figures = None if report is None else check_json(report, "the report", force=force)
    given = {"minutes": minutes, "steps": steps, "seconds": seconds, "seed": seed}
    if not quiet:
        typer.echo(_announced(folder, given), err=True)
    place = {"out": out, "work": work, "threads": threads}
    with telling_how_to_go_on(), progress_bar(folder.name, quiet=quiet) as on_progress:
        made = _train(folder, {**given, **place}, on_progress)
    if figures is not None:
        with writing(figures) as [file]:
            file.write((json.dumps(made.as_json(), indent=1) + "\n").encode())
    if not quiet:
        print(made.as_text())
        print(f"Wrote {shown(made.weights)}.")


def _announced(folder: Path, given: dict[str, Any]) -> str:
    """What will be done, and how long it takes; refuses what cannot be done before it begins."""
    from effects.latent.own.folder import pieces_in
    from effects.latent.own.train import Wish

    minutes = Wish(**given).training_minutes
    count = len(pieces_in(folder))
    how_long = f"{given['steps']} steps a stage" if minutes is None else f"{minutes:g} minutes"
    # 0.11 s of one core for each second of music (docs/morph.md).
    return (
        f"{count} sounds: listening takes about a ninth of their length on one core, "
        f"then training {how_long}."
    )


def _train(folder: Path, given: dict[str, Any], on_progress: OnProgress) -> Report:
    from effects.latent.own.train import train as learn
    from effects.running.progress import run_reporting

    return run_reporting(lambda progress: learn(folder, progress=progress, **given), on_progress)
