"""A clip with one voice: what its line says of its notes, and whether they describe it at all.

Where only one note sounds at a time, the period of the wave (`line`) tells its octave better than
the networks do, and tells of notes that they missed. Of speech it is all there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from effects.notes import partials
from effects.notes.note import Note, NoteEvent
from effects.notes.pitch_line import HOP_SECONDS, Line
from effects.signal.arrays import Mono, Values

MOST_TOGETHER = 0.1  # share of what sounds that is more than one note
LEAST_VOICED = 0.85  # share of a clip's power while it has a pitch; a drum kit has up to 0.8
SAME = 0.6  # semitones
AGREED = 0.8  # share of a note's frames that have one pitch, for it to be the note's
MISSED = 9  # frames with a steady pitch that make a note
AROUND = 4  # frames around notes in which nothing is missed
BESIDE = 6  # frames around what may be missed: with the same pitch, it belongs to a note
FAINT_DB = 35.0  # below a clip's loudest, nothing is missed
SURE = 0.7  # as confidence

#: What tells a voice from instruments: that it glides, and that notes do not describe it. Of 20
#: clips of speech, the least of both are 0.64 and 0.47. Of a xylophone, whose partials mislead the
#: line, the one is up to 0.58, the other 0.39; of other instruments the one is up to 0.38.
GLIDING, UNDESCRIBED = 0.5, 0.42
SLIDE_FRAMES, SLIDE = 8, (0.3, 4.0)  # how far a glide goes meanwhile, in semitones
OFF = 0.5  # semitones from a note: no longer described by it
ENOUGH = 30  # frames of gliding phrases; fewer tell nothing


def is_single(line: Line, notes: Sequence[Note]) -> bool:
    """Whether nearly all of a clip has a pitch, and hardly ever two at once.

    Args:
        line: of the clip, as `line.follow` gives it.
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
    return bool(voiced >= LEAST_VOICED and together <= MOST_TOGETHER)


def is_voice(line: Line, notes: Sequence[Note]) -> bool:
    """Whether the pitch of a clip of which `is_single` is true glides where its notes do not.

    Args:
        line: of the clip, as `line.follow` gives it.
        notes: of the clip, as `corrected` gives them.
    """
    long = [it for it in line.phrases if len(it.pitch) > SLIDE_FRAMES]
    if sum(len(it.pitch) for it in long) < ENOUGH:
        return False
    slides = np.concatenate(
        [np.abs(it.pitch[SLIDE_FRAMES:] - it.pitch[:-SLIDE_FRAMES]) for it in long]
    )
    middle = SLIDE_FRAMES // 2
    weight = np.concatenate([it.level[middle:-middle] for it in long])
    gliding = np.average((slides > SLIDE[0]) & (slides < SLIDE[1]), weights=weight)
    pitch = _whole(line)
    off = np.full(len(pitch), np.inf)
    for note in notes:
        at = _frames(note)
        off[at] = np.fmin(off[at], np.abs(pitch[at] - note.pitch))
    known = ~np.isnan(pitch)
    undescribed = np.average(off[known] > OFF, weights=line.level[known])
    return bool(gliding >= GLIDING and undescribed >= UNDESCRIBED)


def corrected(notes: Sequence[Note], line: Line, clip: Mono) -> list[Note]:
    """The notes of a clip of which `is_single` is true, with the pitches of its line.

    Args:
        notes: of the clip, as `transcribe` gives them.
        line: of the clip, as `line.follow` gives it.
        clip: at 22.05 kHz.
    """
    pitch = _whole(line)
    kept, other = [], []
    for note in notes:
        found = _agreed(pitch[_frames(note)])
        if found is None or abs(found - note.pitch) <= SAME:
            kept.append(note)
        else:
            other.append((NoteEvent(round(found), note.start, note.end), note.confidence))
    other += [(it, SURE) for it in _missed(notes, line, pitch)]
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
    share = np.count_nonzero(np.abs(known - usual) <= SAME) / pitch.size
    return usual if share >= AGREED else None


def _missed(notes: Sequence[Note], line: Line, pitch: Values) -> Iterator[NoteEvent]:
    """Stretches with a steady pitch in which there is no note, nor one beside them that has it."""
    least = line.level.max() * 10 ** (-FAINT_DB / 20)
    free = ~np.isnan(pitch) & (line.level > least)
    for note in notes:
        at = _frames(note)
        free[max(at.start - AROUND, 0) : at.stop + AROUND] = False
    frames = np.flatnonzero(free)
    together = (np.diff(frames) == 1) & (np.abs(np.diff(pitch[frames])) < SAME)
    for run in np.split(frames, np.flatnonzero(~together) + 1):
        if run.size < MISSED:
            continue
        key = float(np.median(pitch[run]))
        first, end = int(run[0]), int(run[-1]) + 1
        beside = np.append(pitch[max(first - BESIDE, 0) : first], pitch[end : end + BESIDE])
        if not (np.abs(beside - key) < SAME).any():
            yield NoteEvent(round(key), first * HOP_SECONDS, end * HOP_SECONDS)
