"""Notes, before and after they are measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoteEvent:
    """Which key sounds from when to when: all that a transcription or a score says of a note.

    Attributes:
        key: its MIDI number, 60 is middle C.
        start: when it begins, in seconds.
        end: when it ends, in seconds.
        confidence: how likely there is such a note, 0 to 1.
    """

    key: int
    start: float
    end: float
    confidence: float = 1.0


@dataclass(frozen=True, order=True)
class Note:
    """One note of a clip, measured.

    Attributes:
        start: when it begins, in seconds.
        end: when its key is released or it falls silent, whichever is first, in seconds.
        pitch: its pitch as a MIDI number, 60 is middle C; seldom a whole one.
        level: the root mean square of its own partials soon after its onset, on the clip's scale.
        confidence: how likely there is such a note, 0 to 1.
    """

    start: float
    end: float
    pitch: float
    level: float
    confidence: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start
