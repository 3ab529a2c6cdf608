"""The server's database, for commands that look into it beside the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plugin_bridge.jobs.records.records import Ledger

JournalOption = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="FILE", help="The server's journal; its usual one, without this."
    ),
]
RecordsOption = Annotated[
    str | None,
    typer.Option(
        "--records", metavar="postgresql://...", help="The servers' database, if they share one."
    ),
]


@contextlib.contextmanager
def opened(journal: Path | None, url: str | None, *, create: bool = False) -> Iterator[Ledger]:
    """Open the database that ``journal`` or ``url`` names; a server may be using it.

    Args:
        journal: the option of that name.
        url: the option --records.
        create: whether to make a journal that is not there.

    Raises:
        ValueError: both were given, or there is no such database.
        OSError: it cannot be opened.
    """
    if journal is not None and url is not None:
        raise ValueError("--journal and --records exclude each other: give one of them.")
    from plugin_bridge.jobs.records.opening import open_ledger

    if journal is None:
        from plugin_bridge.serve import default_journal

        journal = default_journal()
    with contextlib.closing(open_ledger(journal, url, create=create)) as ledger:
        yield ledger
