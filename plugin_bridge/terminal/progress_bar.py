"""A progress bar on stderr, with the stage and the time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from rich.progress import Progress

    from effects.running.progress import OnProgress


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[OnProgress]:
    """Show a bar while the block lasts, and yield the function ``(fraction, stage)`` that moves it.

    The bar is drawn only on a terminal, and not if ``quiet``. After the block it disappears.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda fraction, stage: None
        return
    with _bar() as bar:
        task = bar.add_task(shown(title), total=1.0, stage="")
        yield lambda fraction, stage: bar.update(task, completed=fraction, stage=shown(stage))


def _bar() -> Progress:
    """A bar with a field ``stage``. Rich is loaded here, since scripts have no use for it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),  # a file's name may have brackets in it
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[stage]}", style="dim", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
