"""Tables on stdout."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from plugin_bridge.errors import shown


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()
) -> None:
    """Print columns, those of the headings in ``right`` flush right. Lines to a pipe stay whole."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=None, pad_edge=False)
    for column in table.columns:
        if column.header in right:
            column.justify = "right"
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))  # or brackets were taken for markup
    Console(width=None if sys.stdout.isatty() else 1000).print(table)
