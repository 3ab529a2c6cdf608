"""What is played in the clips from which the note network learns, and by which instruments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.quality.triplets import KIND_OF, compose
from benchmarks.training.fonts import Part
from benchmarks.training.tunes import SECONDS, beat, hard_tune, hymn, riff
from presets.studio.instruments import Instrument
from presets.studio.score import Note, Score

# Nothing here was searched.
#: Instruments that were heard worst, and so come three times as often as others.
FIRST = (
    *("drawbar-organ", "percussive-organ", "rock-organ", "church-organ", "reed-organ"),
    *("accordion", "bandoneon", "harmonica", "grand-piano", "electric-grand"),
    *("distortion-guitar", "overdriven-guitar", "choir-aahs", "voice-oohs", "synth-voice"),
    *("acoustic-bass", "fingered-bass", "picked-bass", "fretless-bass", "contrabass"),
)
#: Instruments in addition to these and to those of `benchmarks.quality`.
MORE = (
    *("pizzicato-strings", "synth-strings", "tubular-bells", "slap-bass", "synth-bass-2"),
    *("glockenspiel", "twelve-string-guitar", "muted-guitar", "tuba", "guitar-harmonics"),
    *("polysynth", "saw-lead", "square-lead", "dulcimer", "synth-bass", "blown-bottle"),
    *("whistle", "electric-piano", "fm-piano", "synth-brass", "bagpipe", "shanai", "warm-pad"),
)
BASSES = ("acoustic-bass", "fingered-bass", "picked-bass", "synth-bass", "contrabass", "tuba")
TEXTURES = ("seashore", "applause", "helicopter", "gunshot", "breath-noise", "bird", "telephone")


@dataclass(frozen=True)
class Plan:
    """A clip that is to be rendered.

    Attributes:
        name: of its file.
        parts: what is played at once; drum kits and textures play no notes.
        gains: of the parts, in dB.
        drives: whether the first part goes through a guitar amplifier.
    """

    name: str
    parts: tuple[Part, ...]
    gains: tuple[float, ...]
    drives: bool


def played(instruments: Mapping[str, Instrument], font: str, count: int) -> Iterator[Plan]:
    """Plans of a soundfont's clips that have notes."""
    names: list[str] = []
    draw = random.Random(f"notes B {font}")
    every = [*KIND_OF, *MORE, *FIRST, *FIRST]
    while len(names) < count:
        names += draw.sample(every, len(every))
    for number, name in enumerate(names[:count]):
        draw = random.Random(f"notes B {font} {number}")
        parts, gains = [part(draw, instruments[name])], [0.0]
        guitar = instruments[name].family == "Guitar"
        if draw.random() < 0.3:
            second = draw.choice(BASSES if draw.random() < 0.5 else [*KIND_OF])
            parts.append(part(draw, instruments[second]))
            gains.append(draw.uniform(-9, 3))
        if draw.random() < 0.25:
            kit = draw.choice([it for it in instruments.values() if it.percussion])
            parts.append(Part(kit, beat(draw)))
            gains.append(draw.uniform(-12, 4))
        drives = draw.random() < (0.6 if guitar else 0.05)
        yield Plan(f"{font}-{number}", tuple(parts), tuple(gains), drives)


def part(draw: random.Random, instrument: Instrument) -> Part:
    """A tune for an instrument, of one of the kinds of tunes that suit it."""
    low, high = instrument.register
    if draw.random() < 0.3:
        high = min(high, low + 26)
    vibrato = 0 if instrument.rings else draw.choice((0, 0, 60, 110))
    return Part(instrument, written(draw, low, high, chords=instrument.chords), vibrato)


def written(draw: random.Random, low: int, high: int, *, chords: bool) -> Score:
    """A tune of any kind between two keys, with chords or without."""
    if not chords and low < 48 and high - low > 24 and draw.random() < 0.4:
        return riff(draw, low, high)
    if chords and draw.random() < 0.35:
        return hymn(draw, low, high)
    make = hard_tune if draw.random() < 0.5 else compose
    return make(draw, low, high, chords=draw.choice((0.0, 0.5, 0.8)) if chords else 0.0)


def unpitched(instruments: Mapping[str, Instrument]) -> Iterator[Plan]:
    """Plans of drum kits and textures alone."""
    for kit in (it for it in instruments.values() if it.percussion):
        for number in range(5):
            score = beat(random.Random(f"kit B {kit.name} {number}"))
            yield Plan(f"{kit.name}-{number}", (Part(kit, score),), (0.0,), drives=False)
    for name in TEXTURES:
        draw, (low, high) = random.Random(f"texture B {name}"), instruments[name].register
        notes = tuple(
            Note(round(0.1 + 1.8 * i, 3), 1.5, draw.randint(low, high), draw.randint(50, 110))
            for i in range(4)
        )
        found = (Part(instruments[name], Score(notes, SECONDS)),)
        yield Plan(name, found, (0.0,), drives=False)
