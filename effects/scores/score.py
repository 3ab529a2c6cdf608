"""A score: the notes and strokes of a stem, with their levels, and how sure each of them is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from effects.scores.pulse import Pulse

Kind = Literal["melody", "chords", "voice", "drums", "nothing"]

#: A note or stroke that is less sure than this is marked as unsure. TODO measure.
UNSURE = 0.5


@dataclass(frozen=True, order=True)
class ScoreNote:
    """One note.

    Attributes:
        start: when it begins, in seconds from the stem's beginning.
        end: when its key is released or it falls silent, whichever is first, in seconds.
        pitch: its pitch as a MIDI number, 60 is middle C; what was heard may lie between keys.
        level_db: its level in dB above the loudest note or stroke that was heard in the stem: 0 or
            less, unless somebody made it louder.
        confidence: how likely there is such a note, 0 to 1.
    """

    start: float
    end: float
    pitch: float
    level_db: float
    confidence: float = 1.0

    @property
    def key(self) -> int:
        """The nearest key, as a MIDI number."""
        return min(max(round(self.pitch), 0), 127)

    @property
    def unsure(self) -> bool:
        """Whether it may well be no note."""
        return self.confidence < UNSURE


@dataclass(frozen=True, order=True)
class ScoreStroke:
    """One stroke of a drum.

    Attributes:
        start: when it begins, in seconds from the stem's beginning.
        key: the drum, as a key of General MIDI: `effects.scores.drum_names` has their names.
        level_db: as that of a `ScoreNote`.
        confidence: how likely something is struck there, 0 to 1.
    """

    start: float
    key: int
    level_db: float
    confidence: float = 1.0

    @property
    def unsure(self) -> bool:
        """Whether there may well be no stroke."""
        return self.confidence < UNSURE


@dataclass(frozen=True)
class Score:
    """What is played in a stem.

    Attributes:
        kind: what the stem is taken for: ``"melody"`` (one note at a time), ``"chords"``,
            ``"voice"`` (a melody whose pitch glides), ``"drums"`` alone, or ``"nothing"`` of these.
        seconds: how long the stem is.
        notes: by their beginnings.
        strokes: those of drums, alone or beside notes, by their beginnings.
        pulse: where its beats are; None if there are none, or nobody listened for them.

    Raises:
        ValueError: ``kind`` is something else.
    """

    kind: Kind
    seconds: float
    notes: tuple[ScoreNote, ...] = ()
    strokes: tuple[ScoreStroke, ...] = ()
    pulse: Pulse | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {self.kind!r}.")

    def with_pulse(self, pulse: Pulse | None) -> Score:
        """The same with other beats."""
        return replace(self, pulse=pulse)

    def save_midi(self, path: str | os.PathLike[str]) -> None:
        """Write it as a MIDI file, in place of what is there; see `effects.scores.midi_file`.

        Raises:
            OSError: it cannot be written.
        """
        from effects.scores.midi_file import to_bytes

        with open(path, "wb") as file:
            file.write(to_bytes(self))

    @classmethod
    def from_midi(cls, path: str | os.PathLike[str]) -> Score:
        """The score that a MIDI file has; see `effects.scores.midi_file.read`.

        Raises:
            FileNotFoundError, IsADirectoryError, OSError: there is no such file to be read.
            ValueError: it is no MIDI file, or has no notes.
        """
        from effects.scores.midi_file import read

        return read(path)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it. `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Score:
        """The score of which ``facts`` is the `as_dict`.

        Raises:
            ValueError: it is that of none.
        """
        try:
            pulse = facts["pulse"] and Pulse(**facts["pulse"])
            notes = tuple(ScoreNote(**it) for it in facts["notes"])
            strokes = tuple(ScoreStroke(**it) for it in facts["strokes"])
            return cls(facts["kind"], facts["seconds"], notes, strokes, pulse)
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is no score: {error}.") from error
