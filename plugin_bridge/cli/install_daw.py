"""``restyle install-daw``: scripts that send jobs from inside a DAW."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.cli.completion import complete_daw
from plugin_bridge.cli.options import force_option
from plugin_bridge.errors import shown

Daw = Annotated[
    str,
    typer.Argument(metavar="DAW", help="ardour, reaper or ableton.", autocompletion=complete_daw),
]
To = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where to; without this, the DAW's own folder for scripts."),
]
Force = Annotated[
    bool,
    force_option("Replace files that are not as Restyle wrote them, and keep copies of these."),
]


def install_daw(daw: Daw, *, to: To = None, force: Force = False) -> None:
    """Put Restyle's scripts where a DAW finds them, and say what to do there.

    [bold]restyle install-daw ardour[/bold]
    """
    from plugin_bridge.daw.install import KEPT, install, next_steps

    for path in install(daw, to, force=force):
        print("Kept a copy," if path.suffix == KEPT else "Wrote", shown(path))
    print(next_steps(daw))
