"""Saying how to go on with work that was stopped and is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def telling_how_to_go_on() -> Iterator[None]:
    """Say how to go on if Ctrl-C or SIGTERM ends the block."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        typer.echo("restyle: stopped; run the same command again to go on", err=True)
        raise
