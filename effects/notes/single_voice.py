"""A clip with one voice: what its line says of its notes, and whether they describe it at all.

Where only one note sounds at a time, the period of the wave (`pitch_line`) tells its octave better
than the networks do, and shows notes that they missed. Of speech it is all there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from effects.notes import partials
from effects.notes.note import Note, NoteEvent
from effects.notes.pitch_line import HOP_SECONDS, Line
from effects.signal.arrays import Mono, Values


@dataclass(frozen=True)
class Settings:
    """What is one voice, what mends its notes, and what is a voice. Frames are 10 ms.

    Where nothing else is said, the values were tuned by hand on the half of the triplets that is
    for tuning (docs/quality.md); no search is recorded.

    Attributes:
        most_together: share of what sounds that is more than one note.
        least_voiced: share of a clip's power while it has a pitch; a drum kit has up to 0.8.
        same: semitones by which the pitches of one note may differ.
        agreed: share of a note's frames that have one pitch, for it to be the note's.
        missed: frames with a steady pitch that make a note.
        around: frames around notes in which nothing is missed.
        beside: frames around what may be missed: with the same pitch, it belongs to a note.
        faint_db: below a clip's loudest, nothing is missed.
        found_confidence: of a note that was missed.
        gliding: share of a voice that glides. Of 20 clips of eSpeak's speech the least have 0.64; a
            xylophone, whose partials mislead the line, has up to 0.58, other instruments 0.38.
        undescribed: share of a voice that is off all notes. Of the same clips of speech the least
            have 0.47; a xylophone has up to 0.39.
        slide_frames: over which a glide is measured.
        slide: how far a glide goes meanwhile, at least and at most, in semitones.
        off: semitones from a note: what is further off is not described by it.
        enough: frames of long phrases; fewer tell nothing.
    """

    most_together: float = 0.1
    least_voiced: float = 0.85
    same: float = 0.6
    agreed: float = 0.8
    missed: int = 9
    around: int = 4
    beside: int = 6
    faint_db: float = 35.0
    found_confidence: float = 0.7
    gliding: float = 0.5
    undescribed: float = 0.42
    slide_frames: int = 8
    slide: tuple[float, float] = (0.3, 4.0)
    off: float = 0.5
    enough: int = 30


SETTINGS = Settings()


def is_single(line: Line, notes: Sequence[Note]) -> bool:
    """Whether nearly all of a clip has a pitch, and hardly ever two at once.

    Args:
        line: of the clip, as `pitch_line.follow` gives it.
        notes: of the clip, as `transcribe` gives them.
    """
    level, power = line.level, line.level**2
    if not power.sum() > 0:
        return False
    sounding = np.zeros(len(level))
    for note in notes:
        sounding[_frames(note)] += 1
    together = level[sounding > 1].sum() / level.sum()
    voiced = power[~np.isnan(line.pitch)].sum() / power.sum()
    return bool(voiced >= SETTINGS.least_voiced and together <= SETTINGS.most_together)


def is_voice(line: Line, notes: Sequence[Note]) -> bool:
    """Whether the pitch of a clip of which `is_single` is true glides where its notes do not.

    Args:
        line: of the clip, as `pitch_line.follow` gives it.
        notes: of the clip, as `corrected` gives them.
    """
    long = [it for it in line.phrases if len(it.pitch) > SETTINGS.slide_frames]
    if sum(len(it.pitch) for it in long) < SETTINGS.enough:
        return False
    span, middle = SETTINGS.slide_frames, SETTINGS.slide_frames // 2
    slides = np.concatenate([np.abs(it.pitch[span:] - it.pitch[:-span]) for it in long])
    weight = np.concatenate([it.level[middle:-middle] for it in long])
    least, most = SETTINGS.slide
    gliding = np.average((slides > least) & (slides < most), weights=weight)
    pitch = _whole(line)
    off = np.full(len(pitch), np.inf)
    for note in notes:
        at = _frames(note)
        off[at] = np.fmin(off[at], np.abs(pitch[at] - note.pitch))
    known = ~np.isnan(pitch)
    undescribed = np.average(off[known] > SETTINGS.off, weights=line.level[known])
    return bool(gliding >= SETTINGS.gliding and undescribed >= SETTINGS.undescribed)


def corrected(notes: Sequence[Note], line: Line, clip: Mono) -> list[Note]:
    """The notes of a clip of which `is_single` is true, with the pitches of its line.

    Args:
        notes: of the clip, as `transcribe` gives them.
        line: of the clip, as `pitch_line.follow` gives it.
        clip: at 22.05 kHz.
    """
    pitch = _whole(line)
    kept, other = [], []
    for note in notes:
        found = _agreed(pitch[_frames(note)])
        if found is None or abs(found - note.pitch) <= SETTINGS.same:
            kept.append(note)
        else:
            other.append((NoteEvent(round(found), note.start, note.end), note.confidence))
    other += [(it, SETTINGS.found_confidence) for it in _missed(notes, line, pitch)]
    measured = partials.measure(clip, [it for it, _ in other])
    kept += [
        Note(it.start, it.end, found.pitch, found.level, sure)
        for (it, sure), found in zip(other, measured, strict=True)
        if found.level > 0
    ]
    return sorted(kept)


def _frames(note: Note) -> slice:
    return slice(round(note.start / HOP_SECONDS), round(note.end / HOP_SECONDS))


def _whole(line: Line) -> Values:
    """The pitches of a line's phrases, frame by frame."""
    pitch = np.full(len(line.pitch), np.nan)
    for phrase in line.phrases:
        first = round(phrase.start / HOP_SECONDS)
        pitch[first : first + len(phrase.pitch)] = phrase.pitch
    return pitch


def _agreed(pitch: Values) -> float | None:
    """The pitch that most of some frames have."""
    known = pitch[~np.isnan(pitch)]
    if not known.size:
        return None
    usual = float(np.median(known))
    share = np.count_nonzero(np.abs(known - usual) <= SETTINGS.same) / pitch.size
    return usual if share >= SETTINGS.agreed else None


def _missed(notes: Sequence[Note], line: Line, pitch: Values) -> Iterator[NoteEvent]:
    """Stretches with a steady pitch in which there is no note, nor one beside them that has it."""
    least = line.level.max() * 10 ** (-SETTINGS.faint_db / 20)
    free = ~np.isnan(pitch) & (line.level > least)
    for note in notes:
        at = _frames(note)
        free[max(at.start - SETTINGS.around, 0) : at.stop + SETTINGS.around] = False
    frames = np.flatnonzero(free)
    together = (np.diff(frames) == 1) & (np.abs(np.diff(pitch[frames])) < SETTINGS.same)
    for run in np.split(frames, np.flatnonzero(~together) + 1):
        if run.size < SETTINGS.missed:
            continue
        key = float(np.median(pitch[run]))
        first, end = int(run[0]), int(run[-1]) + 1
        beside = np.append(
            pitch[max(first - SETTINGS.beside, 0) : first], pitch[end : end + SETTINGS.beside]
        )
        if not (np.abs(beside - key) < SETTINGS.same).any():
            yield NoteEvent(round(key), first * HOP_SECONDS, end * HOP_SECONDS)
