"""What was heard of a stem, written down as a score, whoever will play it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from effects.engines.sampler.drum_keys import drum_key
from effects.engines.sampler.drums import Drums
from effects.engines.sampler.forms import NUMBER
from effects.engines.sampler.learn import SETTINGS as KINDS
from effects.engines.sampler.listen import SETTINGS as HEARD
from effects.engines.sampler.listen import Heard, Strokes
from effects.engines.sampler.strokes import Levels, Stroke, root_mean_square
from effects.notes.note import Note
from effects.notes.tuning import in_tune
from effects.scores.parts import ScoreNote, ScoreStroke
from effects.scores.score import Kind, Score
from effects.signal.downmix import mixed
from effects.signal.loudness import peak

#: A stem of drums and notes (`listen` says from which share of notes on) is drums after all if
#: strokes explain this share of its power. Not searched.
ALL_STRUCK = 0.8
#: The confidence of a phrase that has no notes: it is no note of one pitch. Not searched.
PHRASE_CONFIDENCE = 0.5
#: What is softer than this is as loud as this, in dB: a level of 0 has none. Not searched.
LEAST_DB = -80.0


@dataclass(frozen=True)
class Written:
    """A score, and what each of its notes and strokes was heard as.

    Attributes:
        score: the score, without beats.
        notes: as many as the score has.
        strokes: likewise.
        loudest: the level on the stem's scale (its peak is 1) that the score calls 0 dB.
    """

    score: Score
    notes: Sequence[Note]
    strokes: Sequence[Stroke]
    loudest: float


def write(heard: Heard) -> Written:
    """The score of what was heard."""
    if heard.voice:
        notes, strokes = _sung(heard), list[Stroke]()
    else:
        notes, strokes, _ = notes_and_strokes(heard)
    loudest = max((it.level for it in [*notes, *strokes]), default=0.0) or 1.0

    def db(level: float) -> float:
        return max(20 * math.log10(level / loudest), LEAST_DB) if level > 0 else LEAST_DB

    score = Score(
        _kind(heard, notes, strokes),
        heard.audio.shape[1] / heard.sample_rate,
        tuple(ScoreNote(it.start, it.end, it.pitch, db(it.level), it.confidence) for it in notes),
        tuple(ScoreStroke(it.start, drum_key(it), db(it.level), it.confidence) for it in strokes),
    )
    return Written(score, notes, strokes, loudest)


def _sung(heard: Heard) -> list[Note]:
    """The notes of a voice; where it glides too much to have any, one for each phrase."""
    notes = in_tune(heard.notes)
    phrases = [
        Note(it.start, it.start + it.seconds, it.median, float(it.level.max()), PHRASE_CONFIDENCE)
        for it in heard.voice
    ]
    alone = [it for it in phrases if all(it.end <= n.start or n.end <= it.start for n in notes)]
    return sorted([*notes, *alone])


def notes_and_strokes(heard: Heard) -> tuple[list[Note], list[Stroke], Drums | None]:
    """The notes of a stem; its strokes; and its drums, if they sound beside notes.

    All levels are on the scale of the stem, on which its downmix has its peak at 1.
    """
    struck = not heard.voice and only_strokes(heard, root_mean_square)
    notes = [] if struck else notes_and_chords(heard)
    if not notes:
        found = heard.strokes(root_mean_square)
        return [], found.notes if found.share >= KINDS.struck else [], None
    beside = heard.drums_beside
    if beside is None:
        return notes, [], None

    def gain() -> float:  # to the scale of the stem
        return peak(mixed(beside.audio)) / peak(mixed(heard.audio))

    scale = heard.known.fact("scale of the drums", NUMBER, gain)
    found_beside = beside.strokes(root_mean_square)
    return notes, [replace(it, level=it.level * scale) for it in found_beside], beside


def only_strokes(heard: Heard, levels: Levels) -> Strokes | None:
    """The strokes of what is drums, with whatever pitch there is in it; None if it is not."""
    if heard.pitched >= KINDS.pitched or not heard.drums.alone:
        return None
    found = heard.strokes(levels)
    melodic = heard.pitched >= HEARD.melodic and found.share < ALL_STRUCK
    return found if found.share >= KINDS.struck and not melodic else None


def notes_and_chords(heard: Heard) -> list[Note]:
    """The notes and chords, in tune, by their starts; none if there is hardly any pitch."""
    notes = sorted([*heard.notes, *heard.chords])
    enough = KINDS.pitched if not heard.notes else HEARD.melodic
    if heard.voice or heard.pitched >= enough or heard.pitched_with_chords >= enough:
        return in_tune(notes)
    return []


def _kind(heard: Heard, notes: Sequence[Note], strokes: Sequence[Stroke]) -> Kind:
    if heard.voice:
        return "voice"
    if notes:
        return "melody" if heard.single else "chords"
    return "drums" if strokes else "nothing"
