"""``restyle compare``: engines side by side on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.cli.completion import complete_engine
from plugin_bridge.cli.options import (
    CompareSeed,
    Device,
    Quiet,
    Strengths,
    force_option,
    preset_option,
)
from plugin_bridge.errors import shown

Content = Annotated[
    Path, typer.Argument(metavar="CONTENT", help="The sound to restyle; ten seconds will do.")
]
Styles = Annotated[
    list[Path] | None,
    typer.Argument(metavar="STYLE", help="Sounds to take the timbre from."),
]
Folder = Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder to make.")]
Presets = Annotated[
    list[str] | None,
    preset_option("A preset as a style; may be given several times.", "--preset"),
]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="An engine, such as infinite or vgg19; may be given several times. Without this, "
        "all engines.",
        autocompletion=complete_engine,
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="ENGINE=FILE",
        help="The trained weights of an engine; may be given several times. Networks without "
        "these have random weights, and are labelled so.",
    ),
]
Force = Annotated[bool, force_option("Start afresh, and replace an earlier comparison in OUT_DIR.")]


def compare(
    content: Content,
    *,
    styles: Styles = None,
    folder: Folder,
    preset: Presets = None,
    engine: Engines = None,
    strength: Strengths = None,
    weights: Weights = None,
    seed: CompareSeed = 0,
    device: Device = "auto",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Restyle CONTENT by every engine, and make a page to hear, see and measure the results.

    [bold]restyle compare piano.wav cello.wav piano-to-cello[/bold]

    [bold]restyle compare beat.wav beats --preset jazz-kit --strength 0.3 --strength 0.7[/bold]

    [bold]restyle compare piano.wav cello.wav out --weights vgg19=vgg19-dcbb9e9d.pth[/bold]

    It says how long it will take, and begins with the fast engines. Open OUT_DIR/index.html in a
    browser, after the first result or at the end. The figures are also in OUT_DIR/comparison.json.

    If an engine fails, the page says why, and the others go on. After Ctrl-C the finished results
    stay, and the same command goes on where it was; with other engines or strengths it adds them.
    """
    from plugin_bridge.cli.stopping import telling_how_to_go_on
    from plugin_bridge.files.result_folder import PAGE
    from plugin_bridge.reports.compare import make_comparison
    from plugin_bridge.terminal.progress_bar import progress_bar

    def announce(text: str) -> None:
        if not quiet:
            print(text, flush=True)

    with telling_how_to_go_on(), progress_bar("compare", quiet=quiet) as report:
        comparison = make_comparison(
            content,
            styles or [],
            folder,
            report,
            preset_names=preset or [],
            engines=engine or [],
            strengths=strength or [],
            weights=_weights(weights or []),
            seed=seed,
            device=device,
            force=force,
            announce=announce,
        )
    if not quiet:
        for result in comparison.failed:
            print(f"{shown(result.label)} failed: {result.error}")
        print(f"Open {shown(folder / PAGE)} in a browser to listen and look.")


def _weights(given: list[str]) -> dict[str, Path]:
    """The files by engine, from texts ``ENGINE=FILE``."""
    found: dict[str, Path] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise ValueError(f"--weights {text}: say whose they are, as in --weights vgg19=FILE.")
        if name in found:
            raise ValueError(f"--weights names {name} twice: give one file.")
        found[name] = Path(path)
    return found
