"""All figures of what a system made of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.morph import counts, ends, place, shared
from benchmarks.morph.axis import Axis
from benchmarks.morph.gaps import gaps
from benchmarks.morph.heard import Heard
from benchmarks.morph.naturalness import Ear, Embeddings
from benchmarks.morph.noise import noise
from benchmarks.morph.pairs import Pair
from benchmarks.morph.systems import MIDDLE, Made

FIGURES = (
    *("end", "place", "jump", "voices", "strokes", "layered", "kept"),
    *("out of key", "gaps", "noise", "seconds"),
)


@dataclass(frozen=True)
class Result:
    """The figures of a row for a pair.

    Attributes:
        row: the row's name.
        pair: the pair's.
        family: the pair's.
        drums: whether an end of the pair has no notes.
        figures: by the names of `FIGURES`; NaN if there is none.
        middle: embeddings of the middle.
    """

    row: str
    pair: str
    family: str
    drums: bool
    figures: Mapping[str, float]
    middle: Embeddings


@dataclass(frozen=True)
class Originals:
    """The ends of a pair, as they are heard; shared by all rows.

    Attributes:
        pair: the clips.
        a: A, as it is heard.
        b: B.
        embeddings: of both.
    """

    pair: Pair
    a: Heard
    b: Heard
    embeddings: tuple[Embeddings, Embeddings]

    @classmethod
    def of(cls, pair: Pair, ear: Ear, folder: Path) -> Originals:
        """Listen; ``folder`` keeps what is heard."""
        a, b = (Heard(it.audio, folder) for it in (pair.a, pair.b))
        return cls(pair, a, b, (ear(a.audio), ear(b.audio)))

    def result(self, row: str, made: Mapping[float, Made], seconds: float, ear: Ear) -> Result:
        """The figures of what a row made of the pair, by X; ``seconds``: see `systems.made`."""
        heard = {at: self._heard(it) for at, it in made.items()}
        drums = self.pair.drums
        figures = {
            "place": place.off_place(heard, self.a, self.b, drums=drums),
            "jump": place.jump(heard, self.a, self.b, drums=drums),
            "seconds": seconds,
            **self._at_ends(made),
            **self._at_middle(made[MIDDLE], heard[MIDDLE]),
        }
        return Result(
            row, self.pair.name, self.pair.family, drums, figures, ear(made[MIDDLE].audio)
        )

    def _heard(self, made: Made) -> Heard:
        """What is heard; an end that is the clip itself need not be heard again."""
        for known in (self.a, self.b):
            if np.array_equal(known.audio, made.audio):
                return known
        return Heard(made.audio)

    def _at_ends(self, made: Mapping[float, Made]) -> dict[str, float]:
        distances = (
            ends.log_spectral_distance(made[0.0].audio, self.a.audio),
            ends.log_spectral_distance(made[1.0].audio, self.b.audio),
        )
        return {"end": sum(distances) / 2}

    def _at_middle(self, made: Made, heard: Heard) -> dict[str, float]:
        a, b = made.axis_a, made.axis_b
        sound = (heard, self.a, self.b)
        found = {
            "strokes": counts.strokes(*sound),
            "gaps": gaps(heard.audio, self.a.audio, self.b.audio, a, b),
            "noise": noise(*sound),
        }
        return found if self.pair.drums else {**found, **self._of_notes(heard, (a, b))}

    def _of_notes(self, heard: Heard, axes: tuple[Axis, Axis]) -> dict[str, float]:
        a, b = (
            shared.known(clip.notes, sound)
            for clip, sound in ((self.pair.a, self.a), (self.pair.b, self.b))
        )
        return {
            "voices": counts.voices(heard, self.a, self.b),
            "layered": shared.layered(heard.notes, a, b, axes),
            "kept": shared.kept((self.a.notes, heard.notes, self.b.notes), a, b, axes),
            "out of key": shared.out_of_key(heard.notes, [*a, *self.a.notes], [*b, *self.b.notes]),
        }
