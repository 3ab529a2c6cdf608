"""What is played in a style clip: notes from which an engine can learn the instrument.

A clip of an instrument has, in this order:

- the usual register in steps of at most three semitones, loud on the way up, soft on the way down
  (and on other notes, where that is possible), short and long notes in turn;
- three held notes (strings and bells ring for up to three seconds);
- a phrase that is tied and swells;
- chords, if the instrument plays chords.

A clip of a drum kit has every drum loud and soft, the cymbals until they fade, and a beat.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from presets.studio.instruments import Instrument

# From the first library that worked, for clips of 15 to 25 s; nothing was searched. Changing any of
# this changes the built-in presets.
STEP = 3  # semitones
LOUD, SOFT, MIDDLE = 112, 52, 84  # MIDI velocities
SHORT, LONG = 0.45, 0.9  # of a slot, in turn
SCALE_SECONDS = 9.5  # both ways together, at most
SLOT_SECONDS, SLOW_SLOT_SECONDS = 0.36, 0.54  # from note to note, at most
TEXTURE_SLOT_SECONDS = 0.9
SCALE_REST_SECONDS, PHRASE_REST_SECONDS = 0.2, 0.3  # after each way of the scale, and the phrase
HOLD_SECONDS = (2.0, 2.0, 2.0)  # low, middle and high
RING_SECONDS = (3.2, 2.4, 1.6)  # low strings ring longer
HOLD, RING, TIED = 0.75, 0.98, 1.02  # of a slot; HOLD leaves room for the end of the note
TAIL_SECONDS = 1.2  # for the last note to fade

#: The phrase, as (semitones above its lowest note, beats, velocity).
PHRASE = (
    *((0, 1, 60), (4, 1, 70), (7, 1, 80), (5, 0.5, 88), (7, 0.5, 92), (9, 1, 100), (12, 2, 112)),
    *((11, 0.5, 96), (9, 0.5, 90), (7, 1, 80), (2, 1, 68), (1, 1, 60), (0, 2, 48)),
)
BEAT_SECONDS = 0.24
CHORDS = ((0, 4, 7), (5, 9, 12), (2, 5, 7, 11), (0, 3, 7, 10))  # semitones above the same note
CHORD_VELOCITIES = (100, 80, 60, 110)
CHORD_SECONDS = 0.75

DRUMS = range(35, 60)  # General MIDI's bass drums to ride cymbals
CYMBALS = (49, 51, 57)  # crash, ride, second crash
DRUM_SECONDS, CYMBAL_SECONDS, STEP_SECONDS = 0.24, 1.2, 0.14  # from hit to hit; of the beat's steps
KICK, SNARE, CLOSED_HAT, OPEN_HAT, TOMS = 36, 38, 42, 46, (50, 47, 43)


@dataclass(frozen=True, order=True)
class Note:
    """One note of a score.

    Attributes:
        start: when the key goes down, in seconds.
        seconds: how long it stays down.
        key: the MIDI note number.
        velocity: from 1 to 127.
    """

    start: float
    seconds: float
    key: int
    velocity: int


@dataclass(frozen=True)
class Score:
    """Notes in order, and how long they sound.

    Attributes:
        notes: sorted by time.
        seconds: the length of the clip, until the last note has faded.
    """

    notes: tuple[Note, ...]
    seconds: float


def compose(instrument: Instrument) -> Score:
    """The score of ``instrument``'s clip; the same every time."""
    pen = _Pen()
    if instrument.percussion:
        _drum_kit(pen)
    else:
        _instrument(pen, instrument)
    return Score(tuple(sorted(pen.notes)), round(pen.now + TAIL_SECONDS, 3))


class _Pen:
    """Writes notes one after another, from ``now`` on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.notes: list[Note] = []

    def write(
        self, keys: tuple[int, ...], slot: float, velocity: int, *, hold: float = LONG
    ) -> None:
        """Write ``keys`` together, held for the share ``hold`` of the next ``slot`` seconds."""
        seconds = round(slot * hold, 3)
        self.notes += [Note(round(self.now, 3), seconds, key, velocity) for key in keys]
        self.now += slot


def _instrument(pen: _Pen, instrument: Instrument) -> None:
    low, high = instrument.register
    up = _steps(low, high, high)
    down = _steps(low, high, high - 1)[::-1]
    longest = SLOW_SLOT_SECONDS if instrument.slow else SLOT_SECONDS
    slot = min(SCALE_SECONDS / (len(up) + len(down)), longest)
    if instrument.texture:
        slot = TEXTURE_SLOT_SECONDS
    for keys, velocity in ((up, LOUD), (down, SOFT)):
        for index, key in enumerate(keys):
            pen.write((key,), slot, velocity, hold=(SHORT, LONG)[index % 2])
        pen.now += SCALE_REST_SECONDS
    span = high - low
    for part, seconds in zip(
        (1, 3, 5), RING_SECONDS if instrument.rings else HOLD_SECONDS, strict=True
    ):
        hold = RING if instrument.rings else HOLD
        pen.write((low + span * part // 6,), seconds, MIDDLE, hold=hold)
    middle = low + max(span // 2 - 6, 0)
    if not instrument.texture:
        for interval, beats, velocity in PHRASE:
            pen.write((middle + min(interval, span),), beats * BEAT_SECONDS, velocity, hold=TIED)
        pen.now += PHRASE_REST_SECONDS
    if instrument.chords:
        for chord, velocity in zip(CHORDS, CHORD_VELOCITIES, strict=True):
            pen.write(tuple(middle + it for it in chord), CHORD_SECONDS, velocity)


def _steps(low: int, high: int, last: int) -> list[int]:
    """Keys from ``low`` to ``high``: every `STEP`th from ``last`` down, and both ends."""
    keys = {low, high, *range(last, low, -STEP)}
    return sorted(keys)


def _drum_kit(pen: _Pen) -> None:
    for velocity in (LOUD, SOFT):
        for drum in DRUMS:
            pen.write((drum,), DRUM_SECONDS, velocity)
    for cymbal in CYMBALS:
        pen.write((cymbal,), CYMBAL_SECONDS, MIDDLE)
    draw = random.Random(0)
    for index in range(32):
        hits = [OPEN_HAT if index % 16 == 14 else CLOSED_HAT] if index % 2 == 0 else []
        hits += [KICK] if index % 16 in (0, 3, 8, 10) else []
        hits += [SNARE] if index % 16 in (4, 12, 15) else []
        hits += [TOMS[index % 3]] if index >= 28 else []
        pen.write(tuple(hits), STEP_SECONDS, draw.randrange(60, 120))
