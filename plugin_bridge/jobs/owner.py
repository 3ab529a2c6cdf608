"""Who asks for jobs, and how much they may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """Whose jobs are whose: nobody sees another owner's.

    Attributes:
        id: ``""`` is nobody in particular: those who speak OSC, and the command line.
        quota_seconds: of audio in a calendar month (UTC); None for no limit.
        running, queued: how many jobs may run at once, and wait; 0 for any number.
        bytes: how much uploads and results may take; 0 for any number.
    """

    id: str = ""
    quota_seconds: float | None = None
    running: int = 0
    queued: int = 0
    bytes: int = 0


NOBODY = Owner()
