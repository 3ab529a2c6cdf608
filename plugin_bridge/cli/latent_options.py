"""Options of morphs and tweaks, which several commands have: see `plugin_bridge.cli.grouped`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

MOST = 4.0  # of a change to either side, as `effects.latent.changes` has it


def _amount_option(text: str, *names: str) -> Any:
    """How much is added of something, to either side."""
    return typer.Option(*names, min=-MOST, max=MOST, help=text)


At = Annotated[
    str | None,
    typer.Option(
        metavar="X|X:Y|FILE.mid",
        help="How far from A, 0, to B, 1: half way without this. 0:1 travels from A to B over the "
        "length, 0:1:0 there and back. restyle morph follows a MIDI file's modulation wheel, too.",
    ),
]
Length = Annotated[
    float | None,
    typer.Option(
        "--length", metavar="SECONDS", help="How long it is to be; without this, as the longer one."
    ),
]
Method = Annotated[
    str | None,
    typer.Option(
        metavar="notes|latent|both",
        help="Where its notes come from: notes of both, moved (so does leaving this out); the "
        "latent space alone; or notes moved as the latent space likes it.",
    ),
]
MorphTempo = Annotated[
    str | None,
    typer.Option(
        metavar="between|own",
        help="between lays the beats of both together, at a tempo between theirs (so does leaving "
        "this out); own leaves both as fast as they are.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Morphing:
    """What a morph is to be like; None for what the effect has."""

    at: At = None
    method: Method = None
    length: Length = None


@dataclass(frozen=True, kw_only=True)
class Tweaking:
    """What is to become of a latent; None, or nothing, for no change."""

    scale: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=MOST, help="Multiply all numbers: above 1 it is denser, below 1 sparser."
        ),
    ] = None
    add: Annotated[float | None, _amount_option("Add this to all numbers.")] = None
    max: Annotated[
        list[int] | None,
        typer.Option(
            "--max",
            metavar="N",
            help="Max out this number, 0 to 119: 0 to 95 are what is played, the others how it "
            "sounds. May be given several times.",
            show_default=False,
        ),
    ] = None
    flatten: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Go towards the piece's own mean: at 1 all is alike."),
    ] = None
    shuffle: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="The share of the windows of four seconds that change places."
        ),
    ] = None
    noise: Annotated[
        float | None,
        typer.Option(min=0.0, max=MOST, help="Add noise of this standard deviation: see --seed."),
    ] = None
    towards: Annotated[
        str | None,
        typer.Option(
            metavar="PRESET|FILE|FOLDER",
            help="Go towards the mean of a preset, a sound, a latent, or a folder of these.",
        ),
    ] = None
    amount: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="How far to go --towards it: half way without this."),
    ] = None
    more_notes: Annotated[
        float | None,
        _amount_option("More notes, or fewer below 0: in standard deviations of music."),
    ] = None
    higher: Annotated[float | None, _amount_option("Higher, or lower below 0.")] = None
    longer: Annotated[float | None, _amount_option("Longer notes, or shorter below 0.")] = None
    brighter: Annotated[float | None, _amount_option("Brighter, or darker below 0.")] = None


def chosen(options: Any) -> dict[str, Any]:
    """The options of a group that were given, by name."""
    return {name: it for name, it in vars(options).items() if it not in (None, "", [])}


Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Weights of your own: see restyle latent train --help."),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.json", help="Also write what was heard, done, and why."),
]
