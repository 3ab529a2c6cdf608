"""A progress bar on stderr, with the stage and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.running.progress import OnProgress


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[OnProgress]:
    """Show a bar while the block lasts, and yield the function ``(fraction, stage)`` that moves it.

    The bar is drawn only on a terminal, and not if ``quiet``. After the block it disappears.
    """
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),  # a file's name may have brackets in it
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[stage]}", style="dim", markup=False),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with bar:
        task = bar.add_task(shown(title), total=1.0, stage="")
        yield lambda fraction, stage: bar.update(task, completed=fraction, stage=shown(stage))
