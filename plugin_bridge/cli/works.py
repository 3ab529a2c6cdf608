"""What commands do with sounds: restyle them, or with an option mash, morph or tweak them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

MashupWith = Annotated[
    Path | None,
    typer.Option(
        "--mashup",
        metavar="SONG",
        help="Do not restyle: lay the lead of this song over each, as restyle mashup does.",
    ),
]
MorphWith = Annotated[
    Path | None,
    typer.Option(
        "--morph",
        metavar="PIECE",
        help="Do not restyle: go from each towards this piece, as restyle morph does.",
    ),
]
Tweaked = Annotated[
    bool,
    typer.Option(
        "--tweak", help="Do not restyle: change the latent of each, as restyle tweak does."
    ),
]
WorkTempo = Annotated[
    str | None,
    typer.Option(
        metavar="WHOSE",
        help="Of a mashup: b (so does leaving this out), a, or beats a minute. Of a morph: between "
        "both (so does leaving this out), or own.",
    ),
]


@dataclass(frozen=True)
class Work:
    """One of the things to do.

    Attributes:
        operation: its name in `plugin_bridge.jobs.operations`.
        done: what was done to a sound, in a word.
        name: what several of them are called.
        flag: the option that asks for it; empty for what is done without any.
        takes: the names of the options that it takes.
    """

    operation: str
    done: str
    name: str
    flag: str
    takes: frozenset[str]


RESTYLE = Work(
    *("restyle", "restyled", "restylings", ""),
    frozenset(
        (
            *("preset", "style", "strength", "mix", "gain_db", "seed", "drums", "dynamics"),
            *("engine", "chain", "set", "plugins", "tail"),
        )
    ),
)
MASHUP = Work(
    *("mashup", "mashed", "mashups", "--mashup SONG"),
    frozenset(("lead", "balance", "bed", "tempo", "key", "song_key")),
)
MORPH = Work(
    *("morph", "morphed", "morphs", "--morph PIECE"),
    frozenset(("at", "method", "length", "tempo", "seed")),
)
TWEAK = Work(
    *("tweak", "tweaked", "tweaks", "--tweak"),
    frozenset(
        (
            *("scale", "add", "max", "flatten", "shuffle", "noise", "towards", "amount"),
            *("more_notes", "higher", "longer", "brighter", "seed", "preset", "style"),
        )
    ),
)
WORKS = (RESTYLE, MASHUP, MORPH, TWEAK)
#: What jobs call options that have another name here: two options of a command cannot have one.
JOB_NAMES = {"song_key": "key", "length": "length_seconds"}


class Chosen(NamedTuple):
    """What is to be done.

    Attributes:
        work: which of the works.
        other: the other sound that it needs; None if it needs none.
        settings: those that were given, by their names in jobs.
    """

    work: Work
    other: Path | None
    settings: dict[str, Any]


def choose(
    mashup: Path | None, morph: Path | None, tweak: bool, options: Mapping[str, Any]
) -> Chosen:
    """What is to be done with sounds.

    Args:
        mashup: of ``--mashup``.
        morph: of ``--morph``.
        tweak: whether ``--tweak`` is given.
        options: of all works, by name; those that were not given are None or empty.

    Raises:
        ValueError: two works are asked for, or a preset and a clip, or an option is given that the
            work does not take.
    """
    asked = [it for it, given in zip(WORKS[1:], (mashup, morph, tweak), strict=True) if given]
    if len(asked) > 1:
        first, second = (it.flag.split()[0] for it in asked[:2])
        raise ValueError(f"{first} and {second} exclude each other: give one of them.")
    work = asked[0] if asked else RESTYLE
    given = {name: value for name, value in options.items() if value not in (None, "", [], ())}
    for name in given:
        if name not in work.takes:
            raise ValueError(_not_taken(f"--{name.replace('_', '-')}", name, work))
    if "preset" in given and "style" in given:
        raise ValueError("--style and --preset exclude each other: give one of them.")
    if isinstance(given.get("max"), list):
        given["max"] = ",".join(map(str, given["max"]))
    settings = {JOB_NAMES.get(name, name): value for name, value in given.items()}
    return Chosen(work, mashup or morph, settings)


def _not_taken(option: str, name: str, work: Work) -> str:
    """What to say of an option that a work does not take."""
    if work.flag:
        return f"{option} is not for {work.name}: leave it or {work.flag.split()[0]} out."
    takers = [it for it in WORKS if name in it.takes]
    names, flags = (" and ".join(it.name for it in takers), " or ".join(it.flag for it in takers))
    return f"{option} is for {names}: add {flags}."
