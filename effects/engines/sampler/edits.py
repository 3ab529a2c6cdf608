"""How a score differs from what was heard, and what was heard, so corrected.

A note or stroke of the score that was heard so, on the same key, as loud and at the same time, is
played as it was heard, with its pitch to the cent and its colour. What is heard and not in the
score is gone, and what is in the score and was not heard is new. So the score that was heard plays
what is played without one, to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from effects.engines.sampler.drum_keys import BRIGHTNESS, COLOURS, drum_key, family
from effects.engines.sampler.strokes import SETTINGS as STROKES
from effects.engines.sampler.strokes import Stroke
from effects.engines.sampler.written import Written
from effects.midi.presses import Press
from effects.notes.note import Note
from effects.notes.tuning import tuning
from effects.scores.midi_file import pressed
from effects.scores.parts import ScoreNote, ScoreStroke
from effects.scores.score import Score
from effects.scores.velocity import velocity
from effects.signal.lazy import lazy
from effects.signal.units import db_to_amplitude

#: What begins and ends no further apart than this is the same, in seconds: sequencers round times,
#: at 96 ticks a beat and 120 BPM to 5.2 ms.
SAME_SECONDS = 0.006
#: What moved by less than this many semitones was heard as the same note. Not searched.
SAME_PITCH = 0.75


@dataclass(frozen=True)
class Edits:
    """What was corrected.

    Attributes:
        written: what was heard.
        gone: notes that were heard, and are not to be played.
        new: notes to be played that were not heard, with their pitches and levels.
        gone_strokes: the same of strokes.
        new_strokes: likewise, as the score has them.
    """

    written: Written
    gone: tuple[Note, ...] = ()
    new: tuple[Note, ...] = ()
    gone_strokes: tuple[Stroke, ...] = ()
    new_strokes: tuple[ScoreStroke, ...] = ()

    @classmethod
    def of(cls, written: Written, score: Score) -> Edits:
        """How ``score`` differs from what was heard."""
        heard = written.score
        keys, drums = pressed(heard.notes, heard.strokes)
        ours, theirs = _unmatched(heard.notes, keys, score.notes)
        our_strokes, their_strokes = _unmatched(heard.strokes, drums, score.strokes)
        offset = tuning(written.notes) or 0.0
        return cls(
            written,
            tuple(written.notes[it] for it in ours),
            tuple(_note(score.notes[it], written, offset) for it in theirs),
            tuple(written.strokes[it] for it in our_strokes),
            tuple(score.strokes[it] for it in their_strokes),
        )

    @property
    def of_notes(self) -> bool:
        """Whether any note is gone or new."""
        return bool(self.gone or self.new)

    @property
    def any(self) -> bool:
        """Whether anything is."""
        return self.of_notes or bool(self.gone_strokes or self.new_strokes)

    def notes(self, heard: Sequence[Note]) -> list[Note]:
        """``heard``, notes of the stem, with what is gone taken out and what is new put in."""
        if not self.of_notes:
            return list(heard)
        gone: dict[float, list[float]] = {}
        for it in self.gone:
            gone.setdefault(it.start, []).append(it.pitch)
        kept = [
            it
            for it in heard
            if all(abs(it.pitch - pitch) > SAME_PITCH for pitch in gone.get(it.start, ()))
        ]
        return sorted([*kept, *self.new])

    def strokes(self, heard: Sequence[Stroke]) -> list[Stroke]:
        """``heard``, strokes of the stem in any measure of levels, likewise."""
        if not (self.gone_strokes or self.new_strokes):
            return list(heard)
        gone = {it.start for it in self.gone_strokes}
        new = [self._stroke(it, heard) for it in self.new_strokes]
        return sorted([*(it for it in heard if it.start not in gone), *new])

    def _stroke(self, wanted: ScoreStroke, heard: Sequence[Stroke]) -> Stroke:
        """A stroke of the score, as one of the same drum sounds in the stem, if there is any."""
        alike = [it for it in heard if drum_key(it) == family(wanted.key)]
        alike = [it for it in alike if it.start in self._levels_db]
        if not alike:
            key, level = family(wanted.key), self._level(wanted.level_db)
            end = wanted.start + STROKES.soon_seconds
            return Stroke(wanted.start, end, BRIGHTNESS[key], level, 1.0, COLOURS[key], 1.0)
        like = min(alike, key=lambda it: abs(self._levels_db[it.start] - wanted.level_db))
        gain = db_to_amplitude(wanted.level_db - self._levels_db[like.start])
        end = wanted.start + like.seconds
        return replace(like, start=wanted.start, end=end, level=like.level * gain, confidence=1.0)

    @lazy
    def _levels_db(self) -> dict[float, float]:
        """The levels that the score has of the strokes that were heard, by their beginnings."""
        return {it.start: it.level_db for it in self.written.score.strokes}

    def _level(self, level_db: float) -> float:
        return self.written.loudest * db_to_amplitude(level_db)


def _unmatched(
    heard: Sequence[ScoreNote | ScoreStroke],
    keys: Sequence[Press | None],
    wanted: Sequence[ScoreNote | ScoreStroke],
) -> tuple[list[int], list[int]]:
    """Which of what was heard are not wanted, and which that are wanted were not heard.

    Args:
        heard: what was heard.
        keys: each as a MIDI file has it; what no file can have is wanted in any case.
        wanted: what is wanted.
    """
    free: dict[tuple[int, int], list[int]] = {}
    for number, key in enumerate(keys):
        if key is not None:
            free.setdefault((key.key, key.velocity), []).append(number)
    new = []
    for number, it in enumerate(wanted):
        among = free.get((it.key, velocity(it.level_db)), [])
        same = [n for n in among if _is_same(heard[n], keys[n], it)]
        if same:
            among.remove(min(same, key=lambda n: abs(heard[n].start - it.start)))
        else:
            new.append(number)
    return sorted(n for among in free.values() for n in among), new


def _is_same(
    heard: ScoreNote | ScoreStroke, key: Press | None, wanted: ScoreNote | ScoreStroke
) -> bool:
    """Whether something begins and, if it is a note, ends when it was heard to."""
    if abs(heard.start - wanted.start) > SAME_SECONDS:
        return False
    if not (isinstance(heard, ScoreNote) and isinstance(wanted, ScoreNote)):
        return True
    ends = [heard.end, *([key.end] if key else [])]
    return min(abs(it - wanted.end) for it in ends) <= SAME_SECONDS


def _note(wanted: ScoreNote, written: Written, offset: float) -> Note:
    """A note of the score, in tune with the stem; as sharp or flat as what was heard on its key."""
    overlapping = [
        it.pitch
        for it in written.notes
        if it.start < wanted.end
        and wanted.start < it.end
        and round(it.pitch - offset) == wanted.key
    ]
    pitch = overlapping[0] if overlapping else wanted.key + offset
    level = written.loudest * db_to_amplitude(wanted.level_db)
    return Note(wanted.start, wanted.end, pitch, level, 1.0)
