"""A clip with one voice: its notes corrected by its line, and whether notes describe it at all.

Where only one note sounds at a time, the period of the wave (`pitch_line`) shows its octave more
reliably than the networks do, and reveals notes that they missed. Speech is described by the line
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from effects.notes import partials
from effects.notes.note import Note, NoteEvent
from effects.notes.pitch_line import HOP_SECONDS, Line
from effects.signal.arrays import Mono, Values
from effects.signal.units import db_to_amplitude


@dataclass(frozen=True)
class Settings:
    """When a clip is one voice, how its notes are corrected, and when it glides. Frames are 10 ms.

    Unless stated otherwise, the values were tuned by hand on the half of the triplets that is for
    tuning (docs/quality.md); no search is recorded.

    Attributes:
        most_together: largest share of what sounds, by level, that is more than one note.
        least_voiced: least share of a clip's power that has a pitch; a drum kit has up to 0.8.
        same: semitones by which the pitches of one note may differ.
        agreed: share of a note's frames that must have one pitch, for it to be the note's.
        missed: frames with a steady pitch, outside of notes, that make a missed note.
        around: frames around notes in which no missed note is looked for.
        beside: frames around a possible missed note: if they have its pitch, it belongs to a note
            there.
        faint_db: frames that are softer than the loudest by more than this have no missed notes.
        found_confidence: the confidence of a missed note that was found.
        gliding: least share of a voice that glides. Of 20 clips of eSpeak's speech, the lowest
            has 0.64; a xylophone, whose partials mislead the line, has up to 0.58, other
            instruments up to 0.38.
        undescribed: least share of a voice that is off all notes. Of the same clips of speech,
            the lowest has 0.47; a xylophone has up to 0.39.
        slide_frames: frames over which a glide is measured.
        slide: how far a glide goes in these frames, at least and at most, in semitones.
        off: a pitch further than this from a note, in semitones, is not described by it.
        enough: frames that long phrases must have in all: fewer show nothing.
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
        line: the clip's, as `pitch_line.follow` gives it.
        notes: the clip's, as `transcribe` gives them.
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
    """Whether the pitch of a clip with one voice (`is_single`) glides where its notes do not.

    Args:
        line: the clip's, as `pitch_line.follow` gives it.
        notes: the clip's, as `corrected` gives them.
    """
    long = [it for it in line.phrases if len(it.pitch) > SETTINGS.slide_frames]
    if sum(len(it.pitch) for it in long) < SETTINGS.enough:
        return False
    span, middle = SETTINGS.slide_frames, SETTINGS.slide_frames // 2
    slides = np.concatenate([np.abs(it.pitch[span:] - it.pitch[:-span]) for it in long])
    weight = np.concatenate([it.level[middle:-middle] for it in long])
    least, most = SETTINGS.slide
    gliding = np.average((slides > least) & (slides < most), weights=weight)
    pitch = _phrase_pitches(line)
    off = np.full(len(pitch), np.inf)
    for note in notes:
        at = _frames(note)
        off[at] = np.fmin(off[at], np.abs(pitch[at] - note.pitch))
    known = ~np.isnan(pitch)
    undescribed = np.average(off[known] > SETTINGS.off, weights=line.level[known])
    return bool(gliding >= SETTINGS.gliding and undescribed >= SETTINGS.undescribed)


def corrected(notes: Sequence[Note], line: Line, clip: Mono) -> list[Note]:
    """The notes of a clip with one voice (`is_single`), corrected by the pitches of its line.

    Args:
        notes: the clip's, as `transcribe` gives them.
        line: the clip's, as `pitch_line.follow` gives it.
        clip: the clip at 22.05 kHz, ``[samples]``.
    """
    pitch = _phrase_pitches(line)
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


def _phrase_pitches(line: Line) -> Values:
    """The pitches of a line's phrases, frame by frame; NaN between phrases."""
    pitch = np.full(len(line.pitch), np.nan)
    for phrase in line.phrases:
        first = round(phrase.start / HOP_SECONDS)
        pitch[first : first + len(phrase.pitch)] = phrase.pitch
    return pitch


def _agreed(pitch: Values) -> float | None:
    """The pitch that most of the frames have; None if they do not agree on one."""
    known = pitch[~np.isnan(pitch)]
    if not known.size:
        return None
    usual = float(np.median(known))
    share = np.count_nonzero(np.abs(known - usual) <= SETTINGS.same) / pitch.size
    return usual if share >= SETTINGS.agreed else None


def _missed(notes: Sequence[Note], line: Line, pitch: Values) -> Iterator[NoteEvent]:
    """Stretches of steady pitch in which there is no note, and beside which that pitch ends."""
    least = line.level.max() * db_to_amplitude(-SETTINGS.faint_db)
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
