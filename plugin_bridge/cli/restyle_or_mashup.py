"""Commands that restyle, or with ``--mashup SONG`` lay a song's lead over what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

MashupWith = Annotated[
    Path | None,
    typer.Option(
        "--mashup",
        metavar="SONG",
        help="Do not restyle: lay the lead of this song over each, as restyle mashup does.",
    ),
]


def settings_given(
    song: Path | None, restyling: Mapping[str, Any], mashing: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings that were given, of whichever is to be done.

    Args:
        song: of ``--mashup``.
        restyling: options of a restyling by name; those that were not given are None or empty.
        mashing: options of a mashup, likewise.

    Raises:
        ValueError: an option of the other is given.
    """
    wanted, others = (restyling, mashing) if song is None else (mashing, restyling)
    for name, value in others.items():
        if value not in (None, "", []):
            option = f"--{name.replace('_', '-')}"
            if song is None:
                raise ValueError(f"{option} is for mashups: add --mashup SONG.")
            raise ValueError(f"{option} is not for mashups: leave it or --mashup out.")
    return {name: value for name, value in wanted.items() if value not in (None, "", [])}
