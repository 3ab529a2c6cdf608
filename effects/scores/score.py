"""A score: what is played in a stem, note by note and stroke by stroke."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from effects.scores import midi_file
from effects.scores.parts import ScoreNote, ScoreStroke
from effects.scores.pulse import Pulse

Kind = Literal["melody", "chords", "voice", "drums", "nothing"]


@dataclass(frozen=True)
class Score:
    """What is played in a stem.

    Attributes:
        kind: what the stem is taken for: ``"melody"`` (one note at a time), ``"chords"``,
            ``"voice"`` (a melody whose pitch glides), ``"drums"`` alone, or ``"nothing"`` of these.
        seconds: how long the stem is.
        notes: by their beginnings; any sequence is made a tuple.
        strokes: those of drums, alone or beside notes, by their beginnings.
        pulse: where its beats are; None if there are none, or nobody listened for them.

    Raises:
        TypeError: ``notes`` or ``strokes`` holds something else.
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
        for name, kind in (("notes", ScoreNote), ("strokes", ScoreStroke)):
            found = tuple(getattr(self, name))
            for it in found:
                if not isinstance(it, kind):
                    raise TypeError(f"{name} must be of {kind.__name__}, not {it!r}.")
            object.__setattr__(self, name, found)

    @property
    def summary(self) -> str:
        """How much it has, in a few words."""
        return f"<{len(self.notes)} notes, {len(self.strokes)} strokes>"

    def with_pulse(self, pulse: Pulse | None) -> Score:
        """The same with other beats."""
        return replace(self, pulse=pulse)

    def to_midi(self) -> bytes:
        """The same as the content of a MIDI file; see `effects.scores.midi_file`."""
        return midi_file.to_bytes(self.notes, self.strokes, self.pulse, self.seconds)

    def save_midi(self, path: str | os.PathLike[str]) -> None:
        """Write it as a MIDI file, in place of what is there.

        Raises:
            OSError: it cannot be written.
        """
        with open(path, "wb") as file:
            file.write(self.to_midi())

    @classmethod
    def from_midi(cls, path: str | os.PathLike[str]) -> Score:
        """The score that a MIDI file has; see `effects.scores.midi_file.read`.

        It does not say how sure it is (it is), nor where beats are. A file with strokes alone is
        one of drums, any other one of chords.

        Raises:
            FileNotFoundError, IsADirectoryError, OSError: there is no such file to be read.
            ValueError: it is no MIDI file, or has no notes.
        """
        notes, strokes = midi_file.read(path)
        end = max(it.end for it in notes) if notes else strokes[-1].start
        return cls("chords" if notes else "drums", end, notes, strokes)

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
