"""The notes and strokes of a score, with their levels, and how sure each of them is."""

from __future__ import annotations

import math
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

    Raises:
        TypeError: one of them is no number.
        ValueError: one of them is NaN or infinite, the end is before the start, or no key of MIDI
            is near the pitch.
    """

    start: float
    end: float
    pitch: float
    level_db: float
    confidence: float = 1.0

    def __post_init__(self) -> None:
        _check_finite(self, self.start, self.end, self.pitch, self.level_db, self.confidence)
        if self.end < self.start:
            raise ValueError(
                f"A note ends at {self.end:g} s, before it starts at {self.start:g} s."
            )
        if not 0 <= round(self.pitch) <= 127:
            raise ValueError(f"The pitch of a note is a MIDI number, 0 to 127, not {self.pitch:g}.")

    @property
    def key(self) -> int:
        """The nearest key, as a MIDI number."""
        return round(self.pitch)

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

    Raises:
        TypeError: one of them is no number.
        ValueError: one of them is NaN or infinite, or the key is none of MIDI.
    """

    start: float
    key: int
    level_db: float
    confidence: float = 1.0

    def __post_init__(self) -> None:
        _check_finite(self, self.start, self.key, self.level_db, self.confidence)
        if self.key not in range(128):
            raise ValueError(f"The key of a stroke is a MIDI number, 0 to 127, not {self.key:g}.")

    @property
    def unsure(self) -> bool:
        """Whether there may well be no stroke."""
        return self.confidence < UNSURE


def _check_finite(it: ScoreNote | ScoreStroke, *numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"NaN or infinity in {it}.")
