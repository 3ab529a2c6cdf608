"""A note that was heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Note:
    """One note of a clip.

    Attributes:
        start: when it begins, in seconds.
        end: when its key is released or it falls silent, whichever is first.
        pitch: its median pitch as a MIDI number, 60 is middle C; seldom a whole one.
        level: the root mean square of its own partials soon after its onset, on the clip's scale.
        confidence: how sure it is that there is such a note, 0 to 1.
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
