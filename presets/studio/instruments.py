"""The library's instruments: their sounds in the soundfont, their names, how they play."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from presets.general_midi import DRUM_KITS, family_of

TABLE = Path(__file__).with_name("instruments.csv")
KIT_REGISTER = (35, 59)  # General MIDI's bass drum to its second ride cymbal
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Instrument:
    """A row of the table.

    Attributes:
        program: the General MIDI program or drum kit, from 0.
        bank: bank select, 0 for General MIDI's own sounds.
        percussion: whether it is a drum kit.
        name: the name of the preset.
        label: what it is called on a screen.
        register: lowest and highest usual note, as MIDI numbers.
        chords: whether it plays chords.
        rings: whether its notes fade by themselves, slowly.
        slow: whether its notes begin slowly.
        texture: whether it is a sound, such as surf, rather than an instrument.
        note: what a user should know about the sound; may be empty.
    """

    program: int
    bank: int
    percussion: bool
    name: str
    label: str
    register: tuple[int, int]
    chords: bool
    rings: bool
    slow: bool
    texture: bool
    note: str

    @property
    def family(self) -> str:
        """General MIDI's family."""
        return DRUM_KITS if self.percussion else family_of(self.program)


def load(path: Path = TABLE) -> list[Instrument]:
    """The rows of the table, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_instrument(row) for row in csv.DictReader(file)]


def _instrument(row: dict[str, str]) -> Instrument:
    percussion = row["bank"] == "kit"
    plays = row["plays"].split()
    return Instrument(
        program=int(row["program"]),
        bank=0 if percussion else int(row["bank"]),
        percussion=percussion,
        name=row["name"],
        label=row["label"],
        register=KIT_REGISTER
        if percussion
        else (midi_number(row["low"]), midi_number(row["high"])),
        chords="chords" in plays,
        rings="rings" in plays,
        slow="slow" in plays,
        texture="texture" in plays,
        note=row["note"],
    )


def midi_number(note: str) -> int:
    """The MIDI number of a note.

    >>> midi_number("A4"), midi_number("C#-1")
    (69, 1)
    """
    match = re.fullmatch(r"([A-G])(#?)(-?\d)", note)
    if match is None:
        raise ValueError(f"{note!r} is not a note such as A4 or C#3.")
    letter, sharp, octave = match.groups()
    return _SEMITONES[letter] + len(sharp) + 12 * (int(octave) + 1)
