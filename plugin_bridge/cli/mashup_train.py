"""``restyle mashup train``: learn from mashups of one's own how to mash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command

from plugin_bridge.cli.options import Device, Quiet, force_option
from plugin_bridge.cli.stopping import telling_how_to_go_on
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.mashing.own.report import Report
    from effects.running.progress import OnProgress

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="The mashups, each with its two songs: \\[1]\\[name].mp3, "
        "\\[1]\\[1]\\[name].mp3 and \\[1]\\[2]\\[name].mp3, and so on; or WAV, AIFF, FLAC, OGG.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE.npz", help="Where to write the weights.")]
Network = Annotated[
    str,
    typer.Option(
        metavar="attention|lstm",
        help="What learns: the network that restyle mashup has, or the published one, to compare.",
    ),
]
Seconds = Annotated[
    float, typer.Option(min=5.0, max=600.0, help="How much of each mashup to learn from.")
]
Minutes = Annotated[
    float | None, typer.Option(min=0.0, help="How long to train at most; without this, no limit.")
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="How often to go through the songs; 60 without this.")
]
Work = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where to keep what is known so far, 18 MB for a minute of a song; without this, a "
        "folder beside the weights, whose name ends in .work.",
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, help="Of the first weights, the order, and which songs are held out.")
]
ReportPath = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.json", help="Also write the figures as JSON."),
]
Force = Annotated[bool, force_option("Replace the weights and the report if they exist.")]


def train(
    folder: Folder,
    *,
    out: Out,
    network: Network = "attention",
    seconds: Seconds = 60.0,
    epochs: Epochs = None,
    minutes: Minutes = None,
    work: Work = None,
    seed: Seed = 0,
    device: Device = "auto",
    report: ReportPath = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn from mashups of your own, and write weights for restyle mashup --weights.

    [bold]restyle mashup train mashups --out own.npz[/bold]

    [bold]restyle mashup a.wav b.wav out.wav --weights own.npz[/bold]

    Each mashup is aligned with its two songs; what they cannot explain is left out. Some songs are
    held out: in the end they tell how near the network comes to real mashups, beside the plain sum.

    Ctrl-C stops it; the same command goes on where it was, and comes to the same weights.
    """
    from plugin_bridge.files.targets import check_json, check_target
    from plugin_bridge.files.whole_files import writing
    from plugin_bridge.terminal.progress_bar import progress_bar

    if out.suffix.lower() != ".npz":
        raise ValueError(f"{out}: the name of weights must end in .npz.")
    check_target(out, force=force)
    figures = None if report is None else check_json(report, "the report", force=force)
    given = {"network": network, "seconds": seconds, "epochs": epochs, "minutes": minutes}
    place = {"out": out, "work": work, "seed": seed, "device": device}
    with telling_how_to_go_on(), progress_bar(folder.name, quiet=quiet) as on_progress:
        made = _train(folder, {**given, **place}, on_progress)
    if figures is not None:
        with writing(figures) as [file]:
            file.write((json.dumps(made.as_json(), indent=1) + "\n").encode())
    if not quiet:
        print(made.as_text())
        print(f"Wrote {shown(made.weights)}.")


def command() -> Any:
    """The command, for whoever runs it."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(train)
    return get_command(app)


def _train(folder: Path, given: dict[str, Any], on_progress: OnProgress) -> Report:
    from effects.mashing.own.train import train as learn
    from effects.running.progress import run_reporting

    return run_reporting(lambda progress: learn(folder, progress=progress, **given), on_progress)
