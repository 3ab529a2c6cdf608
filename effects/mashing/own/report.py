"""What came of training: distances to real mashups that the network has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Skipped:
    """Something of the folder that is not learnt from.

    Attributes:
        name: of the file or the mashup.
        reason: why, in a few words.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What was learnt from, and how well.

    Attributes:
        weights: the file that was written.
        skipped: what of the folder was left out.
        figures: everything else, as JSON can hold it.
    """

    weights: Path
    skipped: tuple[Skipped, ...]
    figures: Mapping[str, Any]

    @property
    def beats_plain_sum(self) -> bool:
        """Whether the network comes nearer to the held-out mashups than the plain sum does."""
        raise NotImplementedError

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        raise NotImplementedError

    def as_text(self) -> str:
        """All of it as a table, some lines of at most 100 characters."""
        raise NotImplementedError
