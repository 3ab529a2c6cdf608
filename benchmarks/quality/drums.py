"""Drums: tunes on the piano into drum kits, and grooves on drum kits into the piano.

Only the rhythm can survive: the figure is the F-measure of the onsets that librosa hears and the
score's, within 50 ms. The target plays the score on the style's instrument: each key of a tune on a
drum, by its height, and each drum on a key. It shows how many onsets can be heard at best.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.quality import judge
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Case, Section, results, seeds
from benchmarks.quality.figures import onset_error, onsets, written_onsets
from benchmarks.quality.systems import Row
from benchmarks.quality.tables import TARGET, share
from benchmarks.quality.triplets import KIND_OF, PLAY_SECONDS, TAIL_SECONDS, instruments, tune
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load
from presets.studio.score import CLOSED_HAT, KICK, OPEN_HAT, SNARE, TOMS, Note, Score

KIND = "drums"
KITS = ("standard-kit", "room-kit", "power-kit", "electronic-kit", "jazz-kit", "brush-kit")
PIANO = "grand-piano"
KEY_OF = {
    KICK: 45,
    SNARE: 57,
    CLOSED_HAT: 76,
    OPEN_HAT: 79,
    **dict(zip(TOMS, (69, 64, 60), strict=True)),
}
STEPS = 16  # in a bar
HIT_SECONDS = 0.1  # of each drum's note


@dataclass(frozen=True, kw_only=True)
class Rhythm(Case):
    """A case with its score.

    Attributes:
        notes: what the content plays.
    """

    notes: Score


def sections(bench: Bench, rows: Sequence[Row], half: str, count: int) -> list[Section]:
    """A table for each way."""
    knows = judge.train(
        bench.other, bench.folder, also={KIND: (kits(), lambda draw, _: groove(draw))}
    )
    found = []
    for title, make in (
        ("tunes on the piano into drum kits", _into_kit),
        ("grooves on drum kits into the piano", _into_piano),
    ):
        cases = [make(bench, seed) for seed in seeds(half, count)]
        every = results(rows, cases, figures, knows)
        counts = share(every[TARGET]) >= judge.ENOUGH
        found.append(Section.of_means(f"{count} {title}", every, ("onset F",), counts=counts))
    return found


def kits() -> list[Instrument]:
    """The drum kits of `KITS`."""
    every = {it.name: it for it in load()}
    return [every[name] for name in KITS]


def figures(output: Mono, case: Rhythm) -> dict[str, float]:
    """``onset F``, 1 at best."""
    return {"onset F": 1 - onset_error(onsets(output), written_onsets(case.notes))}


def groove(draw: random.Random) -> Score:
    """A one-bar pattern, repeated with changes; every fourth bar ends with the toms."""
    step = 60 / draw.uniform(80, 120) / 4
    hats = range(0, STEPS, draw.choice((2, 2, 4)))
    kicks = {0, 8, *draw.sample(range(1, STEPS), 2)}
    snares = {4, 12, *draw.sample(range(STEPS), draw.randint(0, 1))}
    notes: list[Note] = []
    for index in range(int((PLAY_SECONDS - 0.1) / step)):
        place, bar = index % STEPS, index // STEPS
        drums = {KICK} if place in kicks else set()
        drums |= {SNARE} if place in snares else set()
        if bar % 4 == 3 and place >= 12:
            drums = {TOMS[(place - 12) % len(TOMS)]}
        elif place in hats and draw.random() < 0.9:
            drums.add(OPEN_HAT if place == STEPS - 2 else CLOSED_HAT)
        if len(drums) == 1 and draw.random() < 0.08:
            continue
        start = round(0.1 + index * step, 3)
        notes += [Note(start, HIT_SECONDS, drum, draw.randint(70, 115)) for drum in drums]
    return Score(tuple(sorted(notes)), PLAY_SECONDS + TAIL_SECONDS)


def on_drums(score: Score) -> Score:
    """A tune on drums: the low third of its keys on the bass drum, then the snare, then the hat."""
    low, high = (pick(note.key for note in score.notes) for pick in (min, max))
    drums = (KICK, SNARE, CLOSED_HAT)
    notes = {
        (note.start, place := min(3 * (note.key - low) // max(high - low, 1), 2)): replace(
            note, seconds=HIT_SECONDS, key=drums[place]
        )
        for note in score.notes
    }
    return Score(tuple(sorted(notes.values())), score.seconds)


def on_keys(score: Score) -> Score:
    """A groove on keys: each drum has one."""
    notes = [replace(note, key=KEY_OF[note.key]) for note in score.notes]
    return Score(tuple(sorted(notes)), score.seconds)


def _into_kit(bench: Bench, seed: int) -> Rhythm:
    draw = random.Random(f"tune into kit {seed}")
    piano, kit = instruments()[PIANO], draw.choice(kits())
    notes = tune(draw, piano)
    return Rhythm(
        seed=seed,
        kind=KIND,
        notes=notes,
        content=bench.studio.clip(piano, notes),
        style=bench.studio.clip(kit, groove(draw)),
        target=bench.studio.clip(kit, on_drums(notes)),
    )


def _into_piano(bench: Bench, seed: int) -> Rhythm:
    draw = random.Random(f"groove into piano {seed}")
    piano, kit = instruments()[PIANO], draw.choice(kits())
    notes = groove(draw)
    return Rhythm(
        seed=seed,
        kind=KIND_OF[PIANO],
        notes=notes,
        content=bench.studio.clip(kit, notes),
        style=bench.studio.clip(piano, tune(draw, piano)),
        target=bench.studio.clip(piano, on_keys(notes)),
    )
