"""Organs and free reeds, put together from partials: any registration, with 16' stops and mixtures.

A stop's length in feet says what a key sounds: 8' the key's own pitch, 16' the octave below, 4' the
octave above, 2 2/3' the twelfth. All of them are whole multiples of half the key's frequency, so
one period of the 16' pitch holds all stops that are in tune with each other. It is computed once
for each key and read at the key's speed. Stops or reeds out of tune with each other need a period
each. The note that is to be heard is the key's, as long as the registration tells it
(`Organ.tells_its_keys`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono, Values
from effects.signal.units import midi_to_hz
from presets.studio.score import Note, Score

# From the first design that worked; nothing was searched.
MULTIPLES = 160  # of half the key's frequency that a period can have
PERIOD = 2048  # samples of a stored period
FOLD_HZ = 6000.0  # tonewheels and mixtures fall back by an octave above this
#: A tonewheel organ's drawbars, as multiples of the 16' pitch: 16', 5 1/3', 8', 4', 2 2/3', 2',
#: 1 3/5', 1 1/3' and 1'.
DRAWBARS = (1, 3, 2, 4, 6, 8, 10, 12, 16)
#: A pipe organ's stops: the multiple, how likely it is drawn, and its level in dB, at least and at
#: most. One of 8' is always drawn.
STOPS = (
    *((1, 0.3, -14, -2), (3, 0.05, -14, -6), (2, 0.5, -8, 0), (4, 0.6, -12, 0)),
    *((6, 0.3, -16, -4), (8, 0.45, -14, -1), (10, 0.12, -18, -8), (12, 0.15, -18, -6)),
    *((16, 0.15, -18, -6),),
)
MIXTURE = (12, 16, 24, 32)  # what a mixture sounds


@dataclass(frozen=True)
class Rank:
    """Pipes, reeds or tonewheels in tune with each other.

    Attributes:
        amplitudes: of the multiples of half the key's frequency, the first is 1, ``[MULTIPLES]``.
        cents: how much higher than the key it is tuned.
        folds: whether partials above `FOLD_HZ` fall back by octaves.
    """

    amplitudes: Values
    cents: float
    folds: bool


@dataclass(frozen=True)
class Organ:
    """An instrument with its registration.

    Attributes:
        ranks: what sounds with every key.
        attack_seconds: until a note has its level.
        release_seconds: in which it falls by 60 dB after the key is up.
        click: level of the noise at a note's beginning, as a share of the note's.
        wobble_hz: rate of the tremulant.
        wobble_db: by how much it changes the level, to either side.
        wobble_cents: by how much it changes the pitch, to either side.
        touch_db: between velocities 0 and 127.
    """

    ranks: tuple[Rank, ...]
    attack_seconds: float
    release_seconds: float
    click: float
    wobble_hz: float
    wobble_db: float
    wobble_cents: float
    touch_db: float

    def tells_its_keys(self) -> bool:
        """Whether the note that is heard is the key's.

        With a 16' stop as strong as the 8' one, the octave below is heard, and with a 4' stop much
        stronger, the octave above: what the key was cannot be told. The limits were not searched.
        """
        levels = np.sqrt(sum(it.amplitudes**2 for it in self.ranks))
        below = np.sqrt(np.sum(levels[[0, 2, 4, 6]] ** 2))  # the odd multiples, from 16' stops
        own, above = levels[1], levels[3]
        return bool(below <= own * 10 ** (-6 / 20) and above <= own * 10 ** (10 / 20))


def tonewheels(draw: random.Random) -> Organ:
    """A tonewheel organ: drawbars 0 to 8, 3 dB apart, through a rotating speaker or none."""
    bars = [draw.choice((0, 0, 2, 4, 6, 8)) for _ in DRAWBARS]
    bars[2] = max(bars[2], draw.choice((3, 5, 8)))  # a key without its own pitch is another key
    amplitudes = np.zeros(MULTIPLES)
    for multiple, bar in zip(DRAWBARS, bars, strict=True):
        amplitudes[multiple - 1] = 10 ** (3 * (bar - 8) / 20) if bar else 0.0
    turns = draw.choice((0.0, 0.8, 6.6))
    return Organ(
        ranks=(Rank(amplitudes, 0.0, folds=True),),
        attack_seconds=0.004,
        release_seconds=draw.uniform(0.01, 0.06),
        click=draw.choice((0.0, 0.05, 0.2)),
        wobble_hz=turns,
        wobble_db=draw.uniform(0.5, 3) if turns else 0.0,
        wobble_cents=draw.uniform(2, 12) if turns else 0.0,
        touch_db=0.0,
    )


def pipes(draw: random.Random) -> Organ:
    """A pipe organ with some of its `STOPS`, each a cent or two out of tune, maybe a mixture."""
    ranks = [_stop(draw, 2, 0.0)]
    for multiple, odds, least, most in STOPS:
        if draw.random() < odds:
            ranks.append(_stop(draw, multiple, draw.uniform(least, most)))
    if draw.random() < 0.3:
        amplitudes = np.zeros(MULTIPLES)
        amplitudes[np.array(MIXTURE) - 1] = 10 ** (draw.uniform(-22, -10) / 20)
        ranks.append(Rank(amplitudes, draw.gauss(0, 1), folds=True))
    shakes = draw.random() < 0.2
    return Organ(
        ranks=tuple(ranks),
        attack_seconds=draw.uniform(0.01, 0.12),
        release_seconds=draw.uniform(0.05, 0.4),
        click=draw.choice((0.0, 0.02, 0.08)),
        wobble_hz=draw.uniform(4, 6.5) if shakes else 0.0,
        wobble_db=draw.uniform(0.5, 2) if shakes else 0.0,
        wobble_cents=draw.uniform(2, 15) if shakes else 0.0,
        touch_db=0.0,
    )


def reeds(draw: random.Random) -> Organ:
    """An accordion, a harmonica or a harmonium: one to five reeds, perhaps tuned to beat."""
    spread = draw.choice((0.0, draw.uniform(2, 8), draw.uniform(8, 25)))
    tunings = draw.choice(((0.0,), (0.0, spread), (-spread, 0.0, spread)))
    colour, steep = _colour(draw), draw.uniform(0.5, 1.3)
    ranks = [_harmonics(2, _reed(colour, steep), 0.0, cents) for cents in tunings]
    for multiple, odds in ((1, 0.35), (4, 0.3)):  # bassoon and piccolo
        if draw.random() < odds:
            level = draw.uniform(-10, 0)
            ranks.append(_harmonics(multiple, _reed(colour, steep), level, draw.gauss(0, 2)))
    shakes = draw.random() < 0.2
    return Organ(
        ranks=tuple(ranks),
        attack_seconds=draw.uniform(0.01, 0.08),
        release_seconds=draw.uniform(0.03, 0.2),
        click=draw.choice((0.0, 0.02)),
        wobble_hz=draw.uniform(3, 6) if shakes else 0.0,
        wobble_db=draw.uniform(1, 4) if shakes else 0.0,
        wobble_cents=0.0,
        touch_db=draw.uniform(6, 20),
    )


def _stop(draw: random.Random, multiple: int, level: float) -> Rank:
    """A stop of pipes: a stopped flute (odd partials), an open one, a principal, string or reed."""
    orders = np.arange(1, MULTIPLES + 1)
    kind = draw.choice(("stopped", "open", "principal", "principal", "string", "reed"))
    steep = {"stopped": 2.2, "open": 2.8, "principal": 1.6, "string": 0.9, "reed": 0.7}[kind]
    amplitudes = orders ** -(steep + draw.uniform(-0.3, 0.3))
    if kind == "stopped":
        amplitudes[1::2] *= 0.05
    if kind == "reed":
        amplitudes *= _colour(draw)
    return _harmonics(multiple, amplitudes, level, draw.gauss(0, 1.5))


def _harmonics(multiple: int, amplitudes: Values, level: float, cents: float) -> Rank:
    """A rank that sounds ``multiple`` times half the key's frequency, at ``level`` dB."""
    whole = np.zeros(MULTIPLES)
    n = MULTIPLES // multiple
    whole[multiple - 1 :: multiple][:n] = amplitudes[:n] * 10 ** (level / 20)
    return Rank(whole, cents, folds=False)


def _reed(colour: Values, steep: float) -> Values:
    return np.arange(1, MULTIPLES + 1) ** -steep * colour


def _colour(draw: random.Random) -> Values:
    """A smooth random gain of partials: a point every octave, up to 9 dB to either side."""
    octaves = np.log2(np.arange(1, MULTIPLES + 1))
    gains = [draw.uniform(-9, 9) for _ in range(9)]
    return 10 ** (np.interp(octaves, np.arange(9), gains) / 20)


def play(organ: Organ, score: Score, draw: random.Random) -> Mono:
    """The sound of a score at `RATE`, ``[samples]``."""
    noise = np.random.default_rng(draw.randrange(1 << 30))
    out = np.zeros(round(score.seconds * RATE))
    periods: dict[tuple[int, int], Values] = {}
    for note in score.notes:
        first = round(note.start * RATE)
        n = min(round((note.seconds + organ.release_seconds) * RATE), out.size - first)
        time = (first + np.arange(max(n, 0))) / RATE
        sound = np.zeros(time.size)
        for number, rank in enumerate(organ.ranks):
            if (number, note.key) not in periods:
                periods[number, note.key] = _period(rank, note.key, noise)
            sound += _read(periods[number, note.key], organ, rank, note.key, time)
        sound *= _envelope(organ, note, time - first / RATE)
        burst = noise.normal(0, organ.click, min(round(0.02 * RATE), time.size))
        sound[: burst.size] += burst * np.linspace(1, 0, burst.size) * np.abs(sound).max(initial=0)
        out[first : first + sound.size] += sound
    return np.asarray(out / max(np.abs(out).max(initial=0), 1e-9), np.float32)


def _period(rank: Rank, key: int, noise: np.random.Generator) -> Values:
    """One period at half the key's frequency, with random phases."""
    spectrum = np.zeros(PERIOD // 2 + 1, complex)
    half = midi_to_hz(key) / 2
    for multiple, amplitude in enumerate(rank.amplitudes, 1):
        place = multiple
        while rank.folds and place % 2 == 0 and place * half > FOLD_HZ:
            place //= 2
        if amplitude and place * half < 0.45 * RATE:
            spectrum[place] += amplitude * np.exp(2j * np.pi * noise.random())
    return np.fft.irfft(spectrum * PERIOD / 2, PERIOD)


def _read(period: Values, organ: Organ, rank: Rank, key: int, time: Values) -> Values:
    """A period repeated at its rank's pitch.

    The tremulant bends the pitch to f (1 + b cos(2πwt)), so the phase is its integral,
    f (t + b sin(2πwt) / (2πw)).
    """
    turn = 2 * np.pi * organ.wobble_hz
    bend = 2 ** (organ.wobble_cents / 1200) - 1
    if turn:
        time = time + bend * np.sin(turn * time) / turn
    phase = midi_to_hz(key + rank.cents / 100) / 2 * time % 1
    sound: Values = np.interp(phase * PERIOD, np.arange(PERIOD + 1), [*period, period[0]])
    return sound


def _envelope(organ: Organ, note: Note, since: Values) -> NDArray[np.float64]:
    """A note's level over time ``since`` its start, in seconds."""
    attack = np.clip(since / organ.attack_seconds, 0, 1)
    after = np.maximum(since - note.seconds, 0)
    level = organ.touch_db * (note.velocity / 127 - 1) - 60 * after / organ.release_seconds
    level = level + organ.wobble_db * np.sin(2 * np.pi * organ.wobble_hz * (note.start + since))
    return np.asarray(attack * 10 ** (level / 20))


ORGANS: Sequence = (tonewheels, pipes, pipes, reeds, reeds)
