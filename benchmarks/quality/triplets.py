"""What is played: triplets of content, style and target, after Cífka et al. 2021.

The content is a tune on one instrument, the style another tune on another instrument, and the
target the content's notes on the style's instrument. Tunes are written here, from a seed. Even
seeds belong to the half for tuning, odd ones to the half that is reported.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from presets.studio.instruments import Instrument, load
from presets.studio.score import Note, Score

HALVES = ("tune", "report")
PLAY_SECONDS, TAIL_SECONDS = 7.0, 1.0  # of a tune, and for its last notes to end
LOWEST, HIGHEST = 43, 88  # keys: the middle of a piano, since soundfonts are worse at the ends
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10), (0, 2, 4, 7, 9))

#: Kinds that the judge can tell apart; within a kind it mixes up instruments of two soundfonts. Of
#: each kind, the first group plays styles: those sounds of TimGM6mb that a judge taught by FluidR3
#: recognised, in tunes of neither half. The second group plays contents and teaches. Pianos are in
#: a kind with guitars because TimGM6mb's piano was taken for a guitar.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "plucked": (
        ("nylon-guitar", "harp", "banjo", "koto"),
        (
            *("grand-piano", "bright-piano", "electric-grand", "honky-tonk", "steel-guitar"),
            *("jazz-guitar", "clean-guitar", "sitar", "shamisen"),
        ),
    ),
    "clavier": ((), ("harpsichord", "clavinet")),
    "mallets": (
        ("marimba", "xylophone"),
        ("celesta", "music-box", "vibraphone", "kalimba", "steel-drums"),
    ),
    "organ": ((), ("drawbar-organ", "percussive-organ", "rock-organ", "church-organ")),
    "free reeds": (("accordion", "harmonica"), ("reed-organ", "bandoneon")),
    "strings": (("string-ensemble",), ("string-section", "slow-strings")),
    "solo strings": ((), ("violin", "viola", "cello", "fiddle")),
    "voices": (("choir-aahs",), ("voice-oohs", "synth-voice", "voice-lead", "choir-pad")),
    "brass": (("trumpet", "trombone", "muted-trumpet"), ("french-horn", "brass-section")),
    "reeds": (
        ("oboe", "baritone-sax"),
        ("soprano-sax", "alto-sax", "tenor-sax", "english-horn", "bassoon", "clarinet"),
    ),
    "flutes": (("pan-flute", "ocarina"), ("piccolo", "flute", "recorder", "shakuhachi")),
}
KIND_OF = {name: kind for kind, both in KINDS.items() for names in both for name in names}
STYLES = tuple(name for first, _ in KINDS.values() for name in first)
#: The styles and more, since the judge need not recognise a content.
CONTENTS = (
    *STYLES,
    *("grand-piano", "steel-guitar", "vibraphone", "church-organ", "violin", "cello"),
    *("harpsichord", "clavinet", "voice-oohs", "alto-sax", "clarinet", "flute"),
)


@dataclass(frozen=True)
class Triplet:
    """One task.

    Attributes:
        seed: draws all of it.
        poly: whether the content has chords; every other style that can has some, too.
        near: whether the notes of both instruments fade by themselves, or of neither.
        content: the instrument that plays the content.
        style: the instrument that plays the style and the target.
        notes: what content and target play.
        style_notes: what the style plays.
    """

    seed: int
    poly: bool
    near: bool
    content: Instrument
    style: Instrument
    notes: Score
    style_notes: Score


@cache
def instruments() -> dict[str, Instrument]:
    """The instruments of `KINDS`, by name."""
    rows = {it.name: it for it in load()}
    return {name: rows[name] for name in KIND_OF}


def triplets(half: str, count: int, contents: Sequence[str] = CONTENTS) -> list[Triplet]:
    """The first ``count`` of a half: by turns mono and poly, and by turns two near and two far.

    ``contents`` names the instruments of `KINDS` that may play the content.
    """
    if half not in HALVES:
        raise ValueError(f"There is no half {half!r}: it is one of {', '.join(HALVES)}.")
    return [
        triplet(
            2 * index + HALVES.index(half),
            poly=index % 2 == 1,
            near=index % 4 < 2,
            contents=contents,
        )
        for index in range(count)
    ]


def triplet(seed: int, *, poly: bool, near: bool, contents: Sequence[str] = CONTENTS) -> Triplet:
    """The triplet of that seed."""
    draw = random.Random(f"triplet {seed}")
    content, style = draw.choice(_pairs(contents, poly=poly, near=near))
    low = max(content.register[0], style.register[0], LOWEST)
    high = min(content.register[1], style.register[1], HIGHEST)
    notes = compose(draw, low, high, chords=0.5 if poly else 0.0)
    while poly and not _has_chords(notes):
        notes = compose(draw, low, high, chords=0.5)
    return Triplet(
        seed=seed,
        poly=poly,
        near=near,
        content=content,
        style=style,
        notes=notes,
        style_notes=tune(draw, style),
    )


def tune(draw: random.Random, instrument: Instrument) -> Score:
    """A tune in the instrument's register; about every other one has chords, if it can."""
    low, high = max(instrument.register[0], LOWEST), min(instrument.register[1], HIGHEST)
    chords = 0.5 if instrument.chords and draw.random() < 0.5 else 0.0
    return compose(draw, low, high, chords=chords)


def compose(draw: random.Random, low: int, high: int, *, chords: float) -> Score:
    """Steps and leaps in a scale within two octaves, with rests, accents and a drifting level.

    Args:
        draw: the source of randomness.
        low: the lowest key that may be used.
        high: the highest.
        chords: the share of notes that get up to three more below them.
    """
    span = min(draw.randint(14, 24), high - low)
    low = draw.randint(low, high - span)
    tonic, scale = draw.randrange(12), draw.choice(SCALES)
    keys = [key for key in range(low, low + span + 1) if (key - tonic) % 12 in scale]
    beat, touch = 60 / draw.uniform(75, 130), draw.uniform(0.6, 1.0)
    place, level = draw.randrange(len(keys) // 3, len(keys)), draw.uniform(65, 95)
    notes: list[Note] = []
    now = 0.1
    while now < PLAY_SECONDS - 0.2:
        slot = min(beat * draw.choice((0.5, 0.5, 1, 1, 1, 1.5, 2)), PLAY_SECONDS - now)
        if notes and draw.random() < 0.1:
            now += slot
            continue
        place = _step(draw, place, len(keys))
        level = min(max(level + draw.uniform(-15, 15), 50), 112)
        velocity = round(min(level + draw.choice((0, 0, 10)), 120))
        for key in _chord(draw, keys, place) if draw.random() < chords else {keys[place]}:
            notes.append(Note(round(now, 3), round(max(slot * touch, 0.12), 3), key, velocity))
        now += slot
    return Score(tuple(sorted(notes)), PLAY_SECONDS + TAIL_SECONDS)


def _has_chords(score: Score) -> bool:
    return len({note.start for note in score.notes}) < len(score.notes)


def _step(draw: random.Random, place: int, count: int) -> int:
    """The place after ``place`` in a scale of ``count`` notes."""
    leap = draw.choice((-4, -2, -2, -1, -1, 1, 1, 2, 2, 4))
    return next((it for it in (place + leap, place - leap) if 0 <= it < count), place)


def _chord(draw: random.Random, keys: Sequence[int], place: int) -> set[int]:
    """A note and one to three of the scale's below it, in steps of two or three."""
    chord, below = {keys[place]}, place
    for _ in range(draw.randint(1, 3)):
        below -= draw.choice((2, 2, 3))
        if below >= 0:
            chord.add(keys[below])
    return chord


def _pairs(
    contents: Sequence[str], *, poly: bool, near: bool
) -> list[tuple[Instrument, Instrument]]:
    """All pairs to draw from, in the table's order: of two kinds, with 16 semitones in common."""
    every = instruments()
    return [
        (content, style)
        for content in (every[name] for name in contents)
        for style in (every[name] for name in STYLES)
        if KIND_OF[content.name] != KIND_OF[style.name]
        and (content.rings == style.rings) == near
        and ((content.chords and style.chords) or not poly)
        and min(content.register[1], style.register[1], HIGHEST)
        - max(content.register[0], style.register[0], LOWEST)
        >= 16
    ]
