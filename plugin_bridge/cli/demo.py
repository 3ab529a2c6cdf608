"""``restyle demo``: something to hear at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.cli.options import Quiet
from plugin_bridge.errors import shown

Folder = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="The folder to make, or to make again.")
]


def demo(folder: Folder = Path("restyle-demo"), *, quiet: Quiet = False) -> None:
    """Restyle a few recordings, and make a folder with a page to hear and see them.

    [bold]restyle demo[/bold]

    Then open restyle-demo/index.html in a browser. It plays a line, a chord, a beat, a voice and a
    mix, each with its style and what comes out, a mashup of two loops, and a morph. It takes about
    half a minute.
    """
    from plugin_bridge.reports.demo import make_demo
    from plugin_bridge.terminal.progress_bar import progress_bar

    with progress_bar("demo", quiet=quiet) as report:
        page = make_demo(folder, report)
    if not quiet:
        print(f"Open {shown(page)} in a browser to listen and look.")
