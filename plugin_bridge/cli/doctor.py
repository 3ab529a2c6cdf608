"""``restyle doctor``: what is installed, what the machine has, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from plugin_bridge.doctor.fact import Fact

TROUBLE = 2  # exit code

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def doctor(*, as_json: Json = False) -> None:
    """Look at what is installed, the machine, folders and ports, and say what is wrong.

    [bold]restyle doctor[/bold]

    There is a line on stderr for each trouble, with what to do, and the exit code is then 2.
    """
    found = _look()
    troubles = [it.trouble for facts in found.values() for it in facts if it.trouble]
    if as_json:
        import json

        parts = {part: {it.name: it.value for it in facts} for part, facts in found.items()}
        print(json.dumps({**parts, "troubles": troubles}, indent=2, ensure_ascii=False))
    else:
        _print(found)
    for line in troubles:
        typer.echo(f"restyle: {shown(line)}", err=True)
    if troubles:
        raise typer.Exit(TROUBLE)
    if not as_json:
        print("All is well.")


def _look() -> dict[str, list[Fact]]:
    """What was found, by parts."""
    from plugin_bridge.doctor import folders, installation, machine, ports

    looks = {
        "versions": installation.versions,
        "packages": installation.packages,
        "extras": installation.extras,
        "devices": machine.devices,
        "folders": folders.folders,
        "ports": ports.ports,
    }
    return {part: list(look()) for part, look in looks.items()}


def _print(found: dict[str, list[Fact]]) -> None:
    from plugin_bridge.cli.tables import print_table

    rows = [
        (part.capitalize() if number == 0 else "", it.name, it.text)
        for part, facts in found.items()
        for number, it in enumerate(facts)
    ]
    print_table(("Part", "Name", "Found"), rows)
