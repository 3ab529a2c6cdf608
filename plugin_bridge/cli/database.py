"""The server's database, for commands that look into it beside the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plugin_bridge.jobs.records.records import Records

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
def opened(journal: Path | None, url: str | None) -> Iterator[Records]:
    """Open the database that the options name; a server may be using it.

    Raises:
        ValueError: both were given, or there is no such database.
        OSError: it cannot be opened.
    """
    if journal is not None and url is not None:
        raise ValueError("--journal and --records exclude each other: give one of them.")
    records = _beside(journal) if url is None else _shared(url)
    try:
        yield records
    finally:
        records.close()


def _beside(journal: Path | None) -> Records:
    from plugin_bridge.jobs.records.sqlite import open_beside  # type: ignore[import-untyped, unused-ignore]

    if journal is None:
        from plugin_bridge.serve import default_journal

        journal = default_journal()
    records: Records = open_beside(journal)
    return records


def _shared(url: str) -> Records:
    from plugin_bridge.jobs.records.postgres import open_beside  # type: ignore[import-untyped, unused-ignore]

    records: Records = open_beside(url)
    return records
