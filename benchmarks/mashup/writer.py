"""Writes songs whose beats, bars, notes and parts are known, by patterns of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.mashup.styles import (
    BASSES,
    CHORDS,
    DRUMS,
    KITS,
    LEADS,
    MAJOR,
    MINOR,
    SCALES,
    STYLES,
    Style,
)
from effects.signal.arrays import Values
from presets.studio.score import Note

PARTS = ("lead", "drums", "bass", "chords")
JITTER_SECONDS = 0.006  # standard deviation of when a player strikes; by guess
LEAD_IN_SECONDS = (0.05, 0.9)  # of silence before a song, so that no two begin alike
REGISTER = (62, 84)  # of leads, as MIDI note numbers
BASS_LOWEST, CHORD_LOWEST = 31, 52
REST_BARS = 4  # a lead that rests does so for every second so many bars


@dataclass(frozen=True)
class Plan:
    """What kind of song is wanted.

    Attributes:
        seed: decides all that is not said here.
        style: of `benchmarks.mashup.styles.STYLES`.
        bpm: beats per minute.
        tonic: the pitch class of the key note, from C = 0.
        mode: ``"major"`` or ``"minor"``.
        drums: whether there are any.
        rests: whether the lead rests for some bars.
        seconds: how long it is at least.
    """

    seed: int
    style: str
    bpm: float
    tonic: int
    mode: str
    drums: bool = True
    rests: bool = False
    seconds: float = 32.0

    @property
    def pitch_set(self) -> int:
        """The pitch class on which the major scale of the song's notes begins."""
        return (self.tonic + (0 if self.mode == "major" else 3)) % 12


@dataclass(frozen=True)
class Tune:
    """A song that is written.

    Attributes:
        plan: what was wanted.
        seconds: its length.
        beats: in seconds, ``[beats]``.
        bars: of these, the first ones of bars, in seconds, ``[bars]``.
        notes: of each of `PARTS`; none for drums if there are none.
        programs: what plays each part, as General MIDI programs; of drums, the kit.
    """

    plan: Plan
    seconds: float
    beats: Values
    bars: Values
    notes: Mapping[str, tuple[Note, ...]]
    programs: Mapping[str, int]


def write(plan: Plan) -> Tune:
    """The song of a plan; always the same."""
    pen = _Pen(plan)
    bars = int(np.ceil(plan.seconds / (pen.beat * pen.style.beats)))
    chords = _progression(plan, pen.draw, bars + 1)
    notes = {
        "lead": pen.lead(chords),
        "drums": pen.drums(bars) if plan.drums else [],
        "bass": pen.bass(chords),
        "chords": pen.comp(chords),
    }
    count = bars * pen.style.beats - pen.pickup
    beats = pen.start + pen.beat * np.arange(count)
    first = (-pen.pickup) % pen.style.beats
    return Tune(
        plan,
        float(beats[-1] + pen.beat),
        beats,
        beats[first :: pen.style.beats],
        {name: tuple(sorted(it)) for name, it in notes.items()},
        {
            "lead": pen.draw.choice(LEADS),
            "drums": pen.draw.choice(KITS),
            "bass": pen.draw.choice(BASSES),
            "chords": pen.draw.choice(CHORDS),
        },
    )


def _progression(plan: Plan, draw: random.Random, bars: int) -> list[int]:
    """The degree of each bar: one progression, and another for every third four bars."""
    choices = MAJOR if plan.mode == "major" else MINOR
    verse, chorus = draw.sample(choices, 2)
    return [(chorus if bar // 4 % 3 == 2 else verse)[bar % 4] for bar in range(bars)]


class _Pen:
    """Writes a song's parts on its grid of steps."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.style: Style = STYLES[plan.style]
        self.draw = random.Random(plan.seed)
        self.beat = 60 / plan.bpm
        self.scale = SCALES[plan.mode]
        # A quarter of the songs begin within a bar.
        self.pickup = self.draw.randrange(1, self.style.beats) if self.draw.random() < 0.25 else 0
        self.start = self.draw.uniform(*LEAD_IN_SECONDS)

    def key(self, degree: int) -> int:
        """Semitones above C of a degree of the scale, which goes on above and below."""
        octave, step = divmod(degree, len(self.scale))
        return self.plan.tonic + 12 * octave + self.scale[step]

    def near(self, degree: int, lowest: int) -> int:
        """The lowest key of a degree from ``lowest`` on."""
        return lowest + (self.key(degree) - lowest) % 12

    def note(self, bar: int, step: float, steps: float, key: int, velocity: int) -> list[Note]:
        """A note as it is played; none before the pickup."""
        beats = bar * self.style.beats + step / self.style.steps - self.pickup
        if beats < 0:
            return []
        start = self.start + self.beat * beats + self.draw.gauss(0, JITTER_SECONDS)
        seconds = max(self.beat * steps / self.style.steps * 0.95, 0.06)
        loud = min(max(velocity + self.draw.randrange(-8, 9), 20), 127)
        return [Note(max(round(start, 4), 0.0), round(seconds, 4), key, loud)]

    def drums(self, bars: int) -> list[Note]:
        grooves = self.draw.sample(self.style.grooves, 2)
        found = []
        for bar in range(bars):
            fill = bar % 8 == 7
            for layer in grooves[bar // 4 % 3 == 2]:
                for step, stroke in enumerate(layer):
                    if stroke == "." or (fill and step > len(layer) // 2 and stroke != "k"):
                        continue
                    strong = step % self.style.steps == 0
                    found += self.note(bar, step, 1, DRUMS[stroke], 104 if strong else 84)
            if fill:
                for step in range(len(layer) // 2 + 1, len(layer)):
                    drum = "stf"[step % 3]
                    found += self.note(bar, step, 1, DRUMS[drum], 90)
            if bar % 8 == 0:
                found += self.note(bar, 0, 4, DRUMS["c"], 96)
        return found

    def bass(self, chords: list[int]) -> list[Note]:
        patterns = self.draw.sample(self.style.basses, 2)
        found = []
        for bar, (now, then) in enumerate(pairwise(chords)):
            root, after = self.near(now, BASS_LOWEST), self.near(then, BASS_LOWEST)
            keys = {
                "1": root,
                "3": self.near(now + 2, root),
                "5": self.near(now + 4, root),
                "8": root + 12,
                "a": self.near(then + (1 if after < root else 6), after - 2),
            }
            for step, steps, sign in _strokes(patterns[bar // 4 % 3 == 2]):
                found += self.note(bar, step, steps, keys[sign], 92)
        return found

    def comp(self, chords: list[int]) -> list[Note]:
        patterns = self.draw.sample(self.style.comps, 2)
        lowest = CHORD_LOWEST + self.draw.randrange(0, 6)
        found = []
        for bar, now in enumerate(chords[:-1]):
            keys = sorted(self.near(now + it, lowest) for it in (0, 2, 4))
            for step, steps, sign in _strokes(patterns[bar // 4 % 3 == 2]):
                struck = keys if sign == "x" else [keys[int(sign) - 1]]
                for key in struck:
                    found += self.note(bar, step, steps, key, 78)
        return found

    def lead(self, chords: list[int]) -> list[Note]:
        """A motif of two bars, again with other notes, another one, and the first again."""
        motifs = [self._rhythm(), self._rhythm()]
        middle = self.draw.randrange(REGISTER[0] + 5, REGISTER[1] - 5)
        degree = 7 * ((middle - self.plan.tonic) // 12) + self.draw.randrange(0, 7)
        found = []
        for bar, now in enumerate(chords[:-1]):
            if self.plan.rests and bar // REST_BARS % 2:
                continue
            motif = motifs[bar // 2 % 4 == 2]
            for step, steps, _ in _strokes(motif[bar % 2]):
                degree = self._step(degree, now, step % self.style.steps == 0)
                found += self.note(bar, step, steps, self.key(degree), 100)
        return found

    def _rhythm(self) -> list[str]:
        cells = self.style.cells
        return ["".join(self.draw.choices(cells, k=self.style.beats)) for _ in range(2)]

    def _step(self, degree: int, chord: int, strong: bool) -> int:
        """The next degree: a small step, to a note of the chord on strong beats."""
        moved = degree + self.draw.choice((-3, -2, -1, -1, 0, 1, 1, 2, 3))
        if strong:
            moved = min(
                range(moved - 2, moved + 3),
                key=lambda it: ((it - chord) % 7 not in (0, 2, 4), abs(it - moved)),
            )
        while self.key(moved) > REGISTER[1]:
            moved -= 4
        while self.key(moved) < REGISTER[0]:
            moved += 4
        return moved


def _strokes(pattern: str) -> list[tuple[int, int, str]]:
    """Where a pattern strikes, how many steps that is held, and its sign."""
    found = []
    for step, sign in enumerate(pattern):
        if sign in ".-":
            continue
        held = len(pattern[step + 1 :]) - len(pattern[step + 1 :].lstrip("-"))
        found.append((step, 1 + held, sign))
    return found
