"""Options of more than one command, each declared once.

Where commands differ in what an option means, its variants stand side by side here. Arguments, and
options of a single command, stand with the command.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from plugin_bridge.cli.completion import (
    complete_device,
    complete_drums,
    complete_engine,
    complete_preset,
)


def preset_option(text: str, *names: str) -> Any:
    """``--preset NAME``, which shells can complete, with ``text`` as its help."""
    return typer.Option(*names, metavar="NAME", help=text, autocompletion=complete_preset)


def share_option(text: str, *names: str) -> Any:
    """An option between 0 and 1, with ``text`` as its help."""
    return typer.Option(*names, min=0.0, max=1.0, help=text)


def force_option(text: str) -> Any:
    """``--force`` or ``-f``, with ``text`` as its help."""
    return typer.Option("--force", "-f", help=text)


def quiet_option(text: str) -> Any:
    """``--quiet`` or ``-q``, with ``text`` as its help."""
    return typer.Option("--quiet", "-q", help=text)


# How far to go. The Job… options have no default here: the server has its own.
Strength = Annotated[
    float | None,
    share_option(
        "How far to go: 0 leaves the stem as it is, 1 is all style. Without this, what the preset "
        "advises, or else 1; 0.5 for engines other than sampler."
    ),
]
Strengths = Annotated[
    list[float] | None,
    share_option(
        "How far to go; may be given several times. Without this, what the preset advises, or "
        "else what suits each engine.",
        "--strength",
    ),
]
JobStrength = Annotated[float | None, share_option("0 leaves the stem as it is, 1 is all style.")]

Mix = Annotated[
    float | None,
    share_option(
        "0 is the dry stem, 1 the restyled one alone. Without this, what the preset advises, or "
        "else 1."
    ),
]
JobMix = Annotated[float | None, share_option("0 is the dry stem, 1 the restyled one alone.")]
JobEngine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="sampler plays the stem's notes with the style's own (so does leaving this out); "
        "infinite blends spectra, fast, and so do random_cnn_1d, random_cnn_2d, vgg19, vggish and "
        "cnn14, at strength 0.5 unless another is given.",
        autocompletion=complete_engine,
    ),
]
GainDb = Annotated[float | None, typer.Option(min=-60.0, max=0.0, help="The output's gain in dB.")]

# What the sampler does with the stem's drums and levels. Without these, as the effect or the server
# has them.
Drums = Annotated[
    str | None,
    typer.Option(
        metavar="keep|play|drop",
        help="Drums that sound beside notes: keep leaves them as they are (so does leaving this "
        "out), play has the style play them, drop leaves them out.",
        autocompletion=complete_drums,
    ),
]
Dynamics = Annotated[
    float | None,
    share_option(
        "How far the levels of notes follow the stem's: 0 leaves them as the style plays, 1 goes "
        "furthest. Without this, 0.5."
    ),
]

# Seeds of what is random.
Seed = Annotated[
    int,
    typer.Option(min=0, help="The seed of the random filters or weights of engines that have any."),
]
CompareSeed = Annotated[int, typer.Option(min=0, help="The seed of random filters and weights.")]
JobSeed = Annotated[int | None, typer.Option(min=0, help="The seed of whatever is random.")]

# What a mashup has of two songs. Without these, as the effect or the server has them.
Lead = Annotated[
    str | None,
    typer.Option(
        metavar="a|b|auto",
        help="Whose lead is heard over the other's bed: that of a (so does leaving this out) or b, "
        "or, with auto, whichever fits better.",
    ),
]
Balance = Annotated[
    float | None,
    typer.Option(
        min=-1.0, max=1.0, help="-1 is only the bed, 1 only the lead, 0 both as loud as they are."
    ),
]
Bed = Annotated[
    str | None,
    typer.Option(
        metavar="full|rhythm",
        help="What the bed is: all but the lead, or drums and bass alone under the other's chords.",
    ),
]
Tempo = Annotated[
    str | None,
    typer.Option(metavar="b|a|BPM", help="Whose tempo: b's without this; or beats a minute."),
]
Key = Annotated[
    str | None,
    typer.Option(metavar="b|a|none", help="Whose key: b's without this; none shifts nothing."),
]
SongKey = Annotated[  # where --key is that of a server
    str | None,
    typer.Option(metavar="b|a|none", help="Whose musical key: b's without this."),
]

# Where to compute.
Device = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Where to compute: cpu, cuda, mps, or auto (the fastest).",
        autocompletion=complete_device,
    ),
]
Workers = Annotated[
    int, typer.Option(min=0, max=256, help="Jobs at once; 0 for as many as there are cores.")
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        help="How many cores to use; without this, all there are, at most 8. The result is the "
        "same.",
    ),
]
JobThreads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        help="How many cores one job may use; without this, jobs share all there are.",
    ),
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Use the machines of a Dask cluster, which must see the same files "
        "(pip install 'restyle\\[dask]').",
    ),
]

# Where a server is. One that listens may let the system choose the port: port 0.
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="The machine the server runs on.")]
Port = Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="The server's UDP port.")]
ListenHost = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 lets other machines in.")
]
ListenPort = Annotated[
    int, typer.Option(min=0, max=65535, help="The UDP port; 0 for any free one.")
]

# A server that speaks HTTP.
Server = Annotated[
    str | None,
    typer.Option(metavar="URL", help="A server that speaks HTTP, such as http://localhost:8471."),
]
ServerKey = Annotated[
    str,
    typer.Option(
        envvar="RESTYLE_KEY",
        show_default=False,
        metavar="KEY",
        help="The key, if the server wants one; better in the environment, where fewer can read "
        "it.",
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Send the key over http:// to another machine, where all between can read it.",
    ),
]

# How files are written.
BitDepth = Annotated[
    int | None,
    typer.Option(
        metavar="8|16|24|32",
        help="Bits per sample of WAV, AIFF and FLAC results; 32 are floating point. Without this, "
        "the stem's.",
    ),
]
Bitrate = Annotated[
    int | None,
    typer.Option(
        metavar="KBIT/S",
        help="The bit rate of MP3 and OGG results, 64 to 320. Without this, the best.",
    ),
]

# How much to print.
Quiet = Annotated[bool, quiet_option("No progress bar and no last line.")]
NoPage = Annotated[bool, quiet_option("No status page.")]
