"""Options that choose a chain and change it: see `plugin_bridge.cli.chain_choice`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from plugin_bridge.cli.completion import complete_chain, complete_tail

Chains = Annotated[
    list[str],
    typer.Option(
        "--chain",
        metavar="NAME|FILE",
        help="A chain of effects in place of a style, by name or its file: see restyle chains. May "
        "be given several times.",
        autocompletion=complete_chain,
    ),
]
ServersChain = Annotated[
    str,
    typer.Option(
        "--chain",
        metavar="NAME",
        help="A chain of effects in place of a preset: one that the server knows.",
        autocompletion=complete_chain,
    ),
]
Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="NAME.PARAMETER=VALUE",
        help="Change a setting of the chain's effects, such as reverb.wet_level=0.2: see restyle "
        "chains parameters. May be given several times.",
    ),
]
Plugins = Annotated[
    list[Path],
    typer.Option(
        "--plugins",
        metavar="DIR",
        help="A folder with VST3 plugins, looked through before the system's. May be given several "
        "times.",
    ),
]
Tail = Annotated[
    str | None,
    typer.Option(
        metavar="cut|keep",
        help="Whether the result is as long as the stem, or goes on until the chain is silent. "
        "Without this, what the chain says.",
        autocompletion=complete_tail,
    ),
]


@dataclass(frozen=True)
class ChainOptions:
    """What is said of chains in general; a command's options of that name are these."""

    chain: Chains = ()  # type: ignore[assignment]  # typer makes a list of it
    set: Set = ()  # type: ignore[assignment]
    plugins: Plugins = ()  # type: ignore[assignment]
    tail: Tail = None


def check_without_chain(options: ChainOptions) -> None:
    """Raise ValueError if an option of chains is given without a chain."""
    for flag, value in (
        ("--set", options.set),
        ("--plugins", options.plugins),
        ("--tail", options.tail),
    ):
        if value:
            raise ValueError(f"{flag} is for chains: add --chain NAME.")


def check_excluded(others: Mapping[str, object]) -> None:
    """Raise ValueError if an option was given that a chain's effects have themselves.

    Args:
        others: what was given, by the option's name.
    """
    for flag, value in others.items():
        if value:
            raise ValueError(
                f"--chain and {flag} exclude each other: the chain's file says what its effects "
                "are. --set changes their numbers and words."
            )


def given(**settings: Any) -> dict[str, Any]:
    """Those settings that are not None."""
    return {name: value for name, value in settings.items() if value is not None}
