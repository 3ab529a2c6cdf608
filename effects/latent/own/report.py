"""What came of training: how well pieces come back that the networks have not learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from effects.latent.own.judging import Scores, Timbres
from effects.learned.own_files import Skipped


@dataclass(frozen=True)
class Report:
    """What was learnt from, and how well.

    Attributes:
        weights: the file that was written.
        weights_hash: names them: latents that are made with them say so.
        learnt: names of the pieces that were learnt from.
        held_out: names of those that were kept aside; if there are none, ``scores`` and ``timbres``
            are of the pieces that were learnt from.
        skipped: what of the folder was left out.
        labels: genres of the folder.
        scores: how well scores come back.
        timbres: how well sounds do.
        attributes: those of which a direction was measured.
        figures: everything else, as JSON can hold it.
    """

    weights: Path
    weights_hash: str
    learnt: tuple[str, ...]
    held_out: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    labels: tuple[str, ...]
    scores: Scores
    timbres: Timbres
    attributes: tuple[str, ...]
    figures: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {**asdict(self), "weights": str(self.weights), "figures": dict(self.figures)}

    def as_text(self) -> str:
        """All of it in a few lines."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        about = self.figures
        steps = ", ".join(f"{count} of {name}" for name, count in about["steps"].items())
        yield f"Learnt from {len(self.learnt)} pieces, {about['music_seconds'] / 60:.1f} minutes."
        yield f"{about['training_seconds'] / 60:.1f} minutes of training: steps {steps}."
        if self.labels:
            yield f"Genres: {', '.join(self.labels)}."
        yield ""
        scores, timbres = self.scores, self.timbres
        whose = (
            f"pieces that were held out ({len(self.held_out)})"
            if self.held_out
            else "the pieces that it learnt from, since so few cannot be held out"
        )
        yield f"What comes back of {whose}:"
        yield f"  F of the strokes          {scores.struck:5.2f}"
        yield f"  F of what sounds          {scores.sounding:5.2f}"
        yield f"  spectrum, distance in dB  {timbres.distance_db:5.1f}"
        yield f"    with the timbre of four seconds beside  {timbres.beside_db:5.1f}"
        yield f"    with the timbre of another place        {timbres.another_db:5.1f}"
        yield f"    of the mean spectrum                    {timbres.mean_db:5.1f}"
        yield f"  numbers that are used     {scores.active:5.0%}, {timbres.active:.0%}"
        yield ""
        yield f"Attributes to change: {', '.join(self.attributes) or 'none, there is too little'}."
        if self.skipped:
            yield f"Left out, {len(self.skipped)}:"
            yield from (f"  {it.name}: {it.reason}" for it in self.skipped)
