"""The pairs that are morphed, in five families and two halves; none is in both halves.

To tune on: tunes of even seeds on MuseScore_General and FluidR3, and sectoid's guitars. To report:
tunes of odd seeds and songs of the mashup's writer on TimGM6mb, muldjord's guitars and espeak-ng's
singing, which training did not see. Kits are those of `benchmarks.quality.recorded_drums`' halves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import script
from benchmarks.mashup.writer import Plan
from benchmarks.morph import clips
from benchmarks.morph.clips import Clip
from benchmarks.quality import recorded_drums
from benchmarks.quality.sounds import Studio
from benchmarks.quality.triplets import CONTENTS, HALVES, HIGHEST, KIND_OF, LOWEST, compose
from benchmarks.quality.triplets import instruments as known_instruments
from presets.studio.instruments import Instrument

SAME_TUNE, SAME_SOUND, DIFFERENT = "same tune", "same instrument", "both different"
FAR, DRUMS = "far apart", "drums"
#: How many pairs there are of each.
COUNTS = {SAME_TUNE: 4, SAME_SOUND: 4, DIFFERENT: 5, FAR: 4, DRUMS: 5}
SOUNDFONTS = {
    "tune": {
        script.MUSESCORE: script.PACKAGES[script.MUSESCORE],
        script.FLUIDR3: script.PACKAGES[script.FLUIDR3],
    },
    "report": {script.TIMGM6MB: script.PACKAGES[script.TIMGM6MB]},
}
#: Guitars: band, song, and where two passages of it begin, in seconds. Not searched.
GUITARS = {
    "tune": (("sectoid", "Feelings", 40.0, 70.0), ("sectoid", "War of freedom", 40.0, 70.0)),
    "report": (("muldjord", "chaos_god", 40.0, 100.0), ("muldjord", "mutilated_mime", 60.0, 140.0)),
}
#: High ones of one voice, and low ones with chords.
FAR_INSTRUMENTS = (
    ("flute", "ocarina", "violin", "xylophone", "harmonica"),
    ("church-organ", "grand-piano", "bandoneon", "nylon-guitar"),
)
DRAWS = 8  # tunes from which the sparsest and the densest are taken for pairs far apart


@dataclass(frozen=True)
class Pair:
    """Two clips.

    Attributes:
        family: of `COUNTS`.
        number: from 0, within the family.
        a: the clip at 0.
        b: at 1.
    """

    family: str
    number: int
    a: Clip
    b: Clip

    @property
    def name(self) -> str:
        """For tables, and for the files that keep its results."""
        return f"{self.family} {self.number + 1}"

    @property
    def drums(self) -> bool:
        """Whether one end has no notes."""
        return not (self.a.pitched and self.b.pitched)


@dataclass(frozen=True)
class Shop:
    """Where clips of a half come from.

    Attributes:
        half: "tune" or "report".
        studios: for each of the half's soundfonts.
    """

    half: str
    studios: tuple[Studio, ...]

    @classmethod
    def open(cls, half: str, folder: Path) -> Shop:
        """A shop that keeps its renders in ``folder``.

        Raises:
            FileNotFoundError: fluidsynth or a soundfont is missing; the message says how to get it.
        """
        script.check_soundfonts(SOUNDFONTS[half])
        return cls(half, tuple(Studio(it, folder) for it in SOUNDFONTS[half]))

    def studio(self, number: int) -> Studio:
        """The soundfonts by turns."""
        return self.studios[number % len(self.studios)]

    def seed(self, number: int) -> int:
        """Even to tune, odd to report."""
        return 2 * number + HALVES.index(self.half)


def pairs(shop: Shop, families: tuple[str, ...], count: int | None) -> Iterator[Pair]:
    """The first ``count`` pairs of each family at most, one after another; all if it is None.

    Raises:
        FileNotFoundError: recordings or a program are missing.
    """
    for family in families:
        for number in range(min(count or COUNTS[family], COUNTS[family])):
            seed = shop.seed(100 * list(COUNTS).index(family) + number)
            a, b = _MAKERS[family](shop, random.Random(f"morph {seed}"), number, seed)
            yield Pair(family, number, a, b)


def _same_tune(shop: Shop, draw: random.Random, number: int, _: int) -> tuple[Clip, Clip]:
    """One tune on two instruments, with and without chords by turns."""
    one, two, low, high = _two(draw, chords=number % 2 == 1)
    score = compose(draw, low, high, chords=0.5 * (number % 2))
    return clips.played(shop.studio(number), one, score), clips.played(
        shop.studio(number), two, score
    )


def _same_sound(shop: Shop, draw: random.Random, number: int, _seed: int) -> tuple[Clip, Clip]:
    """Two tunes on one instrument; the last pair is two passages of recorded guitars."""
    if number == COUNTS[SAME_SOUND] - 1:
        band, song, *starts = GUITARS[shop.half][0]
        return clips.guitar(band, song, starts[0]), clips.guitar(band, song, starts[1])
    one, _, low, high = _two(draw, chords=number % 2 == 1)
    first, second = (compose(draw, low, high, chords=0.5 * (number % 2)) for _ in range(2))
    studio = shop.studio(number)
    return clips.played(studio, one, first), clips.played(studio, one, second)


def _different(shop: Shop, draw: random.Random, number: int, seed: int) -> tuple[Clip, Clip]:
    """Two tunes on two instruments; with a singer, with recorded guitars, and two whole songs."""
    if number == 4 and shop.half == "report":  # the writer's songs may not be tuned on
        return _song(shop, draw, seed), _song(shop, draw, seed + 2)
    one, two, low, high = _two(draw, chords=number % 2 == 1)
    tunes = [compose(draw, low, high, chords=0.5 * (number % 2)) for _ in range(2)]
    first = clips.played(shop.studio(number), one, tunes[0])
    if number == 2:
        return first, clips.sung(seed)
    if number == 3:
        band, song, start, _ = GUITARS[shop.half][1]
        return first, clips.guitar(band, song, start)
    return first, clips.played(shop.studio(number + 1), two, tunes[1])


def _far(shop: Shop, draw: random.Random, number: int, _: int) -> tuple[Clip, Clip]:
    """A high, slow tune of one voice, and low, fast chords; by turns the other way round."""
    every = known_instruments()
    flute, organ = (every[draw.choice(it)] for it in FAR_INSTRUMENTS)
    high = [compose(draw, 72, HIGHEST, chords=0.0) for _ in range(DRAWS)]
    low = [compose(draw, LOWEST, 62, chords=0.8) for _ in range(DRAWS)]
    slow = min(high, key=lambda it: len(it.notes))
    dense = max(low, key=lambda it: len(it.notes))
    studio = shop.studio(number)
    first, second = clips.played(studio, flute, slow), clips.played(studio, organ, dense)
    return (first, second) if number % 2 == 0 else (second, first)


def _drums(shop: Shop, draw: random.Random, number: int, seed: int) -> tuple[Clip, Clip]:
    """Grooves on two recorded kits; one pair on the same kit, the last a melody with drums."""
    kits = recorded_drums.kits(shop.half)
    first = clips.groove(kits[number % len(kits)], seed)
    if number == COUNTS[DRUMS] - 1:
        one, _, low, high = _two(draw, chords=False)
        return clips.played(shop.studio(number), one, compose(draw, low, high, chords=0.0)), first
    other = kits[(number + (number < 3)) % len(kits)]
    return first, clips.groove(other, seed + 1000)


_MAKERS: dict[str, Callable[[Shop, random.Random, int, int], tuple[Clip, Clip]]] = {
    SAME_TUNE: _same_tune,
    SAME_SOUND: _same_sound,
    DIFFERENT: _different,
    FAR: _far,
    DRUMS: _drums,
}


def _two(draw: random.Random, *, chords: bool) -> tuple[Instrument, Instrument, int, int]:
    """Two instruments of different kinds, and the lowest and highest key that both have."""
    every = [known_instruments()[it] for it in CONTENTS]
    while True:
        one, two = draw.sample(every, 2)
        low = max(one.register[0], two.register[0], LOWEST)
        high = min(one.register[1], two.register[1], HIGHEST)
        able = not chords or (one.chords and two.chords)
        if KIND_OF[one.name] != KIND_OF[two.name] and high - low >= 16 and able:
            return one, two, low, high


def _song(shop: Shop, draw: random.Random, seed: int) -> Clip:
    """A song of the mashup's writer, with drums."""
    style = draw.choice(("pop", "rock", "funk"))
    plan = Plan(seed, style, draw.uniform(95, 115), draw.randrange(12), "major", seconds=10.0)
    return clips.song(plan, shop.studio(seed).soundfont, shop.studio(seed).folder)
