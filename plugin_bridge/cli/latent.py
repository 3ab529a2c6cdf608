"""``restyle latent``: what music is in the latent space, as files and as a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.latent_options import Weights
from plugin_bridge.cli.latent_train import train
from plugin_bridge.cli.options import Quiet, Threads, force_option, preset_option
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.running.progress import Progress
    from effects.signal.arrays import Audio

BITS = 24  # of a sound that is decoded

app = typer.Typer(
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What music is in the latent space: 120 numbers for every four seconds.\n\n"
    "[bold]restyle latent encode piano.wav --out piano.npz[/bold]\n\n"
    "[bold]restyle latent decode piano.npz violin.wav --preset violin[/bold]",
    no_args_is_help=True,
)

Sounds = Annotated[
    list[Path],
    typer.Argument(metavar="IN…", help="Sounds, and folders of sounds.", show_default=False),
]
LatentOut = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR|FILE.npz",
        help="Where to write the latents: a folder, or, of a single sound, a file.",
    ),
]
LatentIn = Annotated[Path, typer.Argument(metavar="LATENT.npz", help="The latent.")]
SoundOut = Annotated[
    Path, typer.Argument(metavar="OUT", help="Where to write it: WAV, AIFF, FLAC, MP3 or OGG.")
]
Preset = Annotated[
    str | None, preset_option("Who plays it, by name or General MIDI number: see restyle presets.")
]
Clip = Annotated[
    Path | None,
    typer.Option("--style", metavar="CLIP", help="A sound file that plays it, in place of that."),
]
Rate = Annotated[
    int, typer.Option(metavar="HZ", min=8000, max=192_000, help="The sample rate of OUT.")
]
Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER", help="Sounds; those in its folders are shown as groups of their own."
    ),
]
MapOut = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="The page, .html, or a picture without sound, .png."),
]
Embed = Annotated[
    bool, typer.Option("--embed", help="Put the sounds into the page, which can then be moved.")
]
Force = Annotated[bool, force_option("Replace what is there.")]


@app.command()
def encode(
    sounds: Sounds,
    *,
    out: LatentOut,
    weights: Weights = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Say what sounds are in the latent space, each in a file of numbers.

    [bold]restyle latent encode piano.wav --out piano.npz[/bold]

    [bold]restyle latent encode a.wav b.wav songs/ --out latents[/bold]

    A latent goes with the weights that made it, and names them. restyle tweak --towards takes it.
    """
    from plugin_bridge.cli.latent_encode import check_latents, encode_all

    targets = check_latents(sounds, out, force=force)
    encode_all(targets, weights, threads=threads, quiet=quiet)


@app.command()
def decode(
    latent: LatentIn,
    out: SoundOut,
    *,
    preset: Preset = None,
    style: Clip = None,
    rate: Rate = 44_100,
    weights: Weights = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Play what a latent says, by any preset or clip.

    [bold]restyle latent decode piano.npz violin.wav --preset violin[/bold]

    [bold]restyle latent decode piano.npz mine.flac --style clip.wav[/bold]
    """
    import numpy as np

    from plugin_bridge.cli.results import Result, sound_result, write_results

    result: Result[Sound] = sound_result(out, lambda made: made, force=force)

    from effects.latent.latent import Latent
    from effects.latent.loading import load_codec
    from effects.tweaking.encoding import decode as played
    from plugin_bridge.cli.described import described
    from plugin_bridge.cli.latent_encode import working
    from plugin_bridge.files.sound_files import Sound, check_holds
    from plugin_bridge.files.tweaks import player

    by = None if preset is not None and style is not None else player(preset, style)
    if by is None:
        raise ValueError("Say who is to play it: either --preset NAME, or --style CLIP.")
    found = Latent.load(latent)
    check_holds(out, Sound(np.zeros((1, 1), np.float32), rate, BITS))

    def play(progress: Progress) -> Audio:
        return played(found, by, float(rate), codec=load_codec(weights), progress=progress)

    audio = working(latent.name, play, threads=threads, quiet=quiet)
    sound = Sound(audio, rate, BITS)
    write_results([result], sound)
    if not quiet:
        print(f"Wrote {shown(out)}: {described(out, sound)}.")


@app.command("map")
def draw(
    folder: Folder,
    out: MapOut,
    *,
    embed: Embed = False,
    weights: Weights = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Draw a folder of music as a map: what is alike is near, and a click plays.

    [bold]restyle latent map songs songs.html[/bold]

    [bold]restyle latent map genres genres.html --embed[/bold]

    [bold]restyle latent map songs songs.png[/bold]
    """
    from plugin_bridge.cli.latent_map import check_map, make_map

    check_map(folder, out, embed=embed, force=force)
    count = make_map(folder, out, embed=embed, weights=weights, threads=threads, quiet=quiet)
    if not quiet:
        print(f"Wrote {shown(out)}: {count} pieces.")


app.command()(train)
