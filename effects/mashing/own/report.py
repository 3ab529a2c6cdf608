"""What came of training: distances to real mashups that the network has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from effects.learned.own_files import Skipped


@dataclass(frozen=True)
class Distances:
    """How far something is from a real mashup, in dB: see `distances.distances`.

    Attributes:
        name: the mashup's file; or of how many they are the mean.
        network: of both songs with the network's gains.
        plain: of both songs as they are, added up.
        oracle: with the gains that are known from the mashup itself. No network can do better.
    """

    name: str
    network: float
    plain: float
    oracle: float


@dataclass(frozen=True)
class Report:
    """What was learnt from, and how well.

    Attributes:
        weights: the file that was written.
        skipped: what of the folder was left out.
        held_out: distances to each mashup that was kept aside.
        figures: everything else, as JSON can hold it.
    """

    weights: Path
    skipped: tuple[Skipped, ...]
    held_out: tuple[Distances, ...]
    figures: Mapping[str, Any]

    @property
    def mean(self) -> Distances:
        """The mean over the mashups that were kept aside."""
        return mean_of(self.held_out)

    @property
    def beats_plain_sum(self) -> bool:
        """Whether the network comes nearer to them than the plain sum does."""
        return self.mean.network < self.mean.plain

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {
            "weights": str(self.weights),
            "beats_plain_sum": self.beats_plain_sum,
            "mean": asdict(self.mean),
            "held_out": [asdict(it) for it in self.held_out],
            "skipped": [asdict(it) for it in self.skipped],
            **self.figures,
        }

    def as_text(self) -> str:
        """All of it as a table."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        about = self.figures
        yield (
            f"Network {about['network']}: {about['parameters'] / 1e6:.1f} million weights, "
            f"{about['epochs']} epochs, {about['seconds'] / 60:.1f} minutes of training."
        )
        yield f"Learnt from {about['songs']} mashups; {len(self.held_out)} held out."
        yield ""
        title = "Distance in dB to the real mashup"
        yield f"{title:<48}{'network':>10}{'plain sum':>11}{'oracle':>9}"
        for it in (*self.held_out, self.mean):
            yield f"{it.name[:47]:<48}{it.network:>10.1f}{it.plain:>11.1f}{it.oracle:>9.1f}"
        yield ""
        yield self._verdict()
        if self.skipped:
            yield f"Left out, {len(self.skipped)}:"
            yield from (f"  {it.name}: {it.reason}" for it in self.skipped)

    def _verdict(self) -> str:
        ratio = self.mean.network / max(self.mean.plain, 1e-9)
        if self.beats_plain_sum:
            return f"The network comes nearer than the plain sum: {ratio:.2f} times its distance."
        return (
            "The network does NOT come nearer than the plain sum "
            f"({ratio:.2f} times its distance): it needs more mashups, or more time."
        )


def mean_of(distances: Sequence[Distances]) -> Distances:
    """The mean of each."""
    rows = np.array([[it.network, it.plain, it.oracle] for it in distances])
    return Distances(f"mean of {len(distances)}", *(float(it) for it in rows.mean(0)))
