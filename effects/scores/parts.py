"""The notes and strokes of a score, with their levels, and how sure each of them is."""

from __future__ import annotations

from dataclasses import dataclass

#: A note or stroke that is less sure than this is marked as unsure. Chosen on the 24 tunes of the
#: tuning half (`benchmarks.heard`): of the notes above, 0.97 are right, and of those below 0.07; in
#: the half that is reported, 0.91 and 0.33.
UNSURE = 0.7


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
