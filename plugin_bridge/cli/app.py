"""The app: the list of commands, and what ``restyle --help`` says first.

Whatever loads slowly is imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from plugin_bridge.cli import cache, chains, keys, latent, presets, usage
from plugin_bridge.cli.apply import apply
from plugin_bridge.cli.batch import batch
from plugin_bridge.cli.beats import beats
from plugin_bridge.cli.compare import compare
from plugin_bridge.cli.demo import demo
from plugin_bridge.cli.doctor import doctor
from plugin_bridge.cli.install_daw import install_daw
from plugin_bridge.cli.listen import listen
from plugin_bridge.cli.mashup import SongsOrTraining, mashup
from plugin_bridge.cli.morph import morph
from plugin_bridge.cli.send import cancel, send, status
from plugin_bridge.cli.serve import serve
from plugin_bridge.cli.tweak import tweak

app = typer.Typer(
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # loads half of the email package

        print(f"restyle {version('restyle')}")
        raise typer.Exit


@app.callback()
def restyle(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Style transfer for audio: this stem, played by that instrument.

    Hear it first:  [bold]restyle demo[/bold]

    Then your own:  [bold]restyle apply piano.wav out.wav --style cello.wav[/bold]

    With a sound that is built in:  [bold]restyle apply piano.wav --preset violin[/bold]

    Which are built in?  [bold]restyle presets[/bold]

    How does one sound?  [bold]restyle presets play violin[/bold]

    Through a chain of effects:  [bold]restyle apply piano.wav --chain tape[/bold]

    What does it hear in a stem?  [bold]restyle listen piano.wav[/bold]

    Does something not work?  [bold]restyle doctor[/bold]

    Every command has examples:  [bold]restyle COMMAND -h[/bold]
    """


# The commands in the order of ``restyle --help``: those that work here, those that need a server.
ALONE: Sequence[Callable[..., None]] = (apply, demo, compare, batch, listen, beats)
FOR_DAWS: Sequence[Callable[..., None]] = (serve, install_daw, send, status, cancel)

for _command in ALONE:
    app.command()(_command)
app.command(cls=SongsOrTraining)(mashup)
for _command in (morph, tweak):
    app.command()(_command)
for _command in FOR_DAWS:
    app.command(rich_help_panel="For DAWs")(_command)
app.add_typer(presets.app, name="presets")
app.add_typer(chains.app, name="chains")
app.add_typer(latent.app, name="latent")
app.command(rich_help_panel="Upkeep")(doctor)
app.add_typer(cache.app, name="cache", rich_help_panel="Upkeep")
app.add_typer(keys.app, name="keys", rich_help_panel="For the web")
app.add_typer(usage.app, name="usage", rich_help_panel="For the web")
