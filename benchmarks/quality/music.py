r"""Real music: what of it is kept, and whether the instrument changes.

Each excerpt of `benchmarks.quality.excerpts` is restyled by three clips of recorded instruments.
There is no target: `benchmarks.quality.kept` compares the output with the stem, and the judge says
which of three groups it hears: keys, plucked or bowed. It learns them from the soundfont that also
teaches the judge of the triplets, and from other tunes on the recordings.

    python -m benchmarks.quality --cases music --samples DIR --page music \
        --only "strength 0.5" --only default --only Matchering --only replay
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality import judge
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Item, Section, results
from benchmarks.quality.excerpts import EXCERPTS, Excerpt
from benchmarks.quality.excerpts import GROUPS as EXCERPT_GROUPS
from benchmarks.quality.kept import NAMES, kept
from benchmarks.quality.real import Recordings
from benchmarks.quality.sounds import Studio, read
from benchmarks.quality.systems import Row
from benchmarks.quality.tables import Result
from benchmarks.quality.triplets import compose, tune
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load
from presets.studio.score import Score

#: What teaches the judge each group, by the names of presets.
GROUPS = {
    "keys": ("grand-piano", "bright-piano", "electric-grand", "honky-tonk"),
    "plucked": ("nylon-guitar", "steel-guitar", "jazz-guitar", "clean-guitar", "harp"),
    "bowed": ("violin", "viola", "cello", "fiddle", "string-section"),
}
#: The recorded instruments that teach it, too: to a judge that knows soundfonts alone, the recorded
#: piano is plucked.
RECORDED = ("grand-piano", "nylon-guitar", "harp", "violin", "cello")
#: Of these, those that play the styles; the judge hears other tunes of them.
STYLES = ("grand-piano", "nylon-guitar", "violin")
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}


@dataclass(frozen=True, kw_only=True)
class Piece(Item):
    """An excerpt and a style; its ``kind`` is the style's group.

    Attributes:
        excerpt: what is restyled.
    """

    excerpt: Excerpt


Hear = Callable[[str, Piece, Mono, Result], None]


def sections(
    bench: Bench,
    rows: Sequence[Row],
    half: str,
    count: int,
    samples: Path,
    hear: Hear | None = None,
) -> list[Section]:
    """A table: the means of all pieces, and of each group of excerpts.

    Args:
        bench: its folder keeps renders.
        rows: the systems; those that are told the style's instrument are among them.
        half: of the excerpts.
        count: not used: all excerpts of the half are restyled.
        samples: the folder of recorded notes.
        hear: as `benchmarks.quality.cases.results` has it.
    """
    recordings = Recordings(samples, bench.folder)
    chosen = pieces(half, recordings)
    every = results(rows, chosen, figures, knows(bench.other, recordings), hear)
    groups = {
        title: [it.seed for it in chosen if it.excerpt.group == group]
        for group, title in EXCERPT_GROUPS.items()
    }
    title = f"real music, half {half}: {len(EXCERPTS[half])} excerpts x {len(STYLES)} styles"
    return [Section.of_groups(title, every, NAMES, groups)]


def knows(studio: Studio, recordings: Recordings) -> judge.Judge:
    """The judge: it learns every instrument for itself, and says which group it belongs to."""
    every = {it.name: it for it in load()}
    lessons: list[judge.Lesson] = [(name, every[name], tune, studio) for name in GROUP_OF]
    kind_of = dict(GROUP_OF)
    for name in RECORDED:
        kind_of[f"recorded {name}"] = GROUP_OF[name]
        lessons.append((f"recorded {name}", every[name], _within(recordings), recordings))
    return judge.taught(lessons, recordings.folder, kind_of)


def _within(recordings: Recordings) -> judge.Composer:
    """What composes tunes in the range of the recordings."""

    def composed(draw: random.Random, instrument: Instrument) -> Score:
        low, high = recordings.range(instrument)
        return compose(draw, low, high, chords=0.3 if instrument.chords else 0.0)

    return composed


def pieces(half: str, recordings: Recordings) -> list[Piece]:
    """All excerpts of a half with all styles."""
    return [
        Piece(
            seed=3 * number + index,
            kind=GROUP_OF[name],
            excerpt=excerpt,
            content=excerpt.clip(recordings.folder),
            style=style(name, recordings),
            instrument=instrument(name),
        )
        for number, excerpt in enumerate(EXCERPTS[half])
        for index, name in enumerate(STYLES)
    ]


def style(name: str, recordings: Recordings) -> Path:
    """A tune on a recorded instrument, with some chords if it can play them."""
    player = instrument(name)
    score = _within(recordings)(random.Random(f"music {name}"), player)
    return recordings.clip(player, score)


def instrument(name: str) -> Instrument:
    """The instrument of that name."""
    return next(it for it in load() if it.name == name)


def figures(output: Mono, piece: Piece) -> dict[str, float]:
    """See `benchmarks.quality.kept`."""
    return kept(output, read(piece.content))
