"""The pairs of songs, by families. They are drawn once and for all: nothing is tuned on them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, permutations
from pathlib import Path

from benchmarks.mashup import songs
from benchmarks.mashup.songs import Known
from benchmarks.mashup.styles import STYLES
from benchmarks.mashup.writer import Plan

EQUAL, OTHER, RESTING = "same tempo and key", "other tempo and key", "resting leads"
UNDRUMMED, METERS, RECORDED = "no drums", "other meters", "recordings"
#: How many pairs there are of each.
COUNTS = {EQUAL: 8, OTHER: 8, RESTING: 4, UNDRUMMED: 4, METERS: 4, RECORDED: 12}
RENDERED = (EQUAL, OTHER, RESTING, UNDRUMMED, METERS)
#: The families that the bars for rendered pairs are about.
JUDGED = (EQUAL, OTHER)

IN_FOUR = ("pop", "rock", "funk", "ballad", "swing")
#: Of the meters: both in three, both in six, and two that do not fit each other.
METER_STYLES = (
    ("waltz", "waltz"),
    ("six-eight", "six-eight"),
    ("waltz", "pop"),
    ("six-eight", "rock"),
)
#: How much faster B is than A, where it is; every fourth pair's B twice as fast as that.
RATIOS = (0.85, 1.18)
SLOWEST, FASTEST = 70.0, 170.0  # beats per minute
UNDRUMMED_SHARE = 0.2  # of the songs of the first two families


@dataclass(frozen=True)
class Pair:
    """Two songs, whose lead and bed are wanted.

    Attributes:
        family: of `COUNTS`.
        number: from 0, within the family.
        a: whose lead is wanted.
        b: whose bed is.
    """

    family: str
    number: int
    a: Known
    b: Known


def pairs(families: tuple[str, ...], count: int, soundfont: Path, folder: Path) -> Iterator[Pair]:
    """The first ``count`` pairs of each family at most, one after another.

    Raises:
        FileNotFoundError: the recordings are not there.
        BuildError: fluidsynth failed.
    """
    for family in families:
        wanted = min(count, COUNTS[family])
        if family == RECORDED:
            for number, (a, b) in enumerate(islice(_recordings(), wanted)):
                yield Pair(family, number, songs.recording(a), songs.recording(b))
            continue
        for number in range(wanted):
            a, b = (songs.rendered(it, soundfont, folder) for it in plans(family, number))
            yield Pair(family, number, a, b)


def plans(family: str, number: int) -> tuple[Plan, Plan]:
    """The plans of a rendered pair."""
    seed = 1000 * list(COUNTS).index(family) + 2 * number
    draw = random.Random(f"mashup {family} {number}")
    first, second = _PLANS[family](draw, number)
    return replace(first, seed=seed), replace(second, seed=seed + 1)


def _recordings() -> list[tuple[str, str]]:
    """All ordered pairs; the first four have every song as A and as B once."""
    names = songs.RECORDINGS
    ring = [(a, names[(at + 1) % len(names)]) for at, a in enumerate(names)]
    return ring + [it for it in permutations(names, 2) if it not in ring]


def _song(draw: random.Random, style: str, bpm: float | None = None) -> Plan:
    tempo = draw.uniform(*STYLES[style].tempos) if bpm is None else bpm
    mode = draw.choice(("major", "minor"))
    drums = draw.random() >= UNDRUMMED_SHARE
    return Plan(0, style, round(tempo, 1), draw.randrange(12), mode, drums)


def _equal(draw: random.Random, number: int) -> tuple[Plan, Plan]:
    a = _song(draw, IN_FOUR[number % len(IN_FOUR)])
    b = _song(draw, draw.choice(IN_FOUR), a.bpm)
    tonic = a.pitch_set if b.mode == "major" else (a.pitch_set - 3) % 12
    return a, replace(b, tonic=tonic)


def _other(draw: random.Random, number: int) -> tuple[Plan, Plan]:
    double = number % 4 == 3
    a = _song(draw, "ballad" if double else IN_FOUR[number % len(IN_FOUR)])
    ratio = draw.uniform(*RATIOS) * (2 if double else 1)
    b = _song(draw, draw.choice(IN_FOUR), min(max(round(a.bpm * ratio, 1), SLOWEST), FASTEST))
    further = draw.randrange(1, 12)
    tonic = (a.pitch_set + further - (0 if b.mode == "major" else 3)) % 12
    return a, replace(b, tonic=tonic)


def _resting(draw: random.Random, number: int) -> tuple[Plan, Plan]:
    a, b = _equal(draw, number) if number % 2 else _other(draw, number)
    return replace(a, rests=True), b


def _undrummed(draw: random.Random, number: int) -> tuple[Plan, Plan]:
    """Neither has drums, or only one has."""
    a, b = _equal(draw, number) if number % 2 else _other(draw, 0)
    return replace(a, drums=number == 2), replace(b, drums=number == 3)


def _meters(draw: random.Random, number: int) -> tuple[Plan, Plan]:
    first, second = METER_STYLES[number % len(METER_STYLES)]
    a, b = _song(draw, first), _song(draw, second)
    return replace(a, drums=True), replace(b, drums=True)


_PLANS: dict[str, Callable[[random.Random, int], tuple[Plan, Plan]]] = {
    EQUAL: _equal,
    OTHER: _other,
    RESTING: _resting,
    UNDRUMMED: _undrummed,
    METERS: _meters,
}
