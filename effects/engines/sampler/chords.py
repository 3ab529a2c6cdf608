"""Listening again where the notes do not explain what sounds: chords, struck at every onset.

Silence in the output is worse than a wrong guess. So where `transcribe` has no notes for what
sounds, each moment between two onsets is taken for a chord: the keys that are most salient soon
after the onset (`effects.notes.salience`). A key is struck again at every onset at which it is
salient, and ends where its salience has fallen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.accents import accents
from effects.notes import partials, salience
from effects.notes.basic_pitch import RATE
from effects.notes.note import Note, NoteEvent
from effects.notes.overlaps import Overlaps
from effects.notes.pitched_share import Explained
from effects.notes.salience import FRAMES_PER_SECOND
from effects.signal.arrays import Mono


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: from the first design that worked, not searched.

    Attributes:
        apart_seconds: onsets that are nearer to the one before are part of it.
        soon_seconds: a chord is what is salient for so long after its onset.
        late_seconds: and not sooner than this, since windows reach into what was before.
        salient: a key of a chord is at least this salient, relative to the most salient.
        faint: and relative to the most salient of the whole clip.
        voices: keys of a chord, at most.
        ends: a key ends when its salience has fallen to this share of its height.
        least_frames: but not before so many frames, 23 ms each.
        shortest_seconds: a note lasts at least so long.
        explained: a chord is left out if notes explain this share of what sounds meanwhile.
        heard_already: and a note of it, if a note of the same key sounds for this share of it.
        same_key: notes nearer than this, in semitones, are of the same key.
        quiet: notes whose level is below this share of the clip's peak, -60 dB, are left out.
        confidence: of these notes.
    """

    apart_seconds: float = 0.05
    soon_seconds: float = 0.2
    late_seconds: float = 0.012
    salient: float = 0.12
    faint: float = 0.004
    voices: int = 6
    ends: float = 0.35
    least_frames: int = 3
    shortest_seconds: float = 0.06
    explained: float = 0.75
    heard_already: float = 0.3
    same_key: float = 0.8
    quiet: float = 1e-3
    confidence: float = 0.5


SETTINGS = Settings()
Saliences = NDArray[np.float32]


def missed(clip: Mono, notes: Sequence[Note], explained: Explained) -> list[Note]:
    """The notes of chords where ``notes`` do not explain what sounds.

    Args:
        clip: ``[samples]`` at 22.05 kHz, with its peak at 1.
        notes: what was heard in it.
        explained: the share of what sounds that they explain.
    """
    if not any(explained.between(*it) < SETTINGS.explained for it in explained.seconds(1.0)):
        return []
    found, overlaps = salience.salience(clip), Overlaps(notes)
    events = [
        it
        for it in _events(found, _moments(clip))
        if explained.between(it.start, it.end) < SETTINGS.explained
        and not _heard(it, [notes[beside] for beside in overlaps.between(it.start, it.end)])
    ]
    measured = partials.measure(clip, events)
    return [
        Note(it.start, it.end, at.pitch, at.level, it.confidence)
        for it, at in zip(events, measured, strict=True)
        if at.level > SETTINGS.quiet
    ]


def _moments(clip: Mono) -> list[tuple[float, float]]:
    """The moments between onsets: the start and end of each, in seconds."""
    times = [0.0]
    for seconds in accents(clip):
        if seconds > times[-1] + SETTINGS.apart_seconds:
            times.append(seconds)
    return list(pairwise([*times, max(clip.size / RATE, times[-1])]))


def _events(found: Saliences, moments: Sequence[tuple[float, float]]) -> Iterator[NoteEvent]:
    """The notes of the chords, in order of their onsets."""
    loudest = float(found.max(initial=0))
    for start, end in moments:
        first = min(round((start + SETTINGS.late_seconds) * FRAMES_PER_SECOND), found.shape[1] - 1)
        stop = min(max(round(end * FRAMES_PER_SECOND), first + 1), found.shape[1])
        soon = min(first + max(int(SETTINGS.soon_seconds * FRAMES_PER_SECOND), 1), stop)
        height = found[:, first:soon].mean(axis=1)
        for key in _chord(height, loudest):
            last = _end(found[key, first:stop], soon - first)
            until = end if last is None else start + last / FRAMES_PER_SECOND
            yield NoteEvent(
                key=key + salience.SETTINGS.lowest,
                start=start,
                end=max(until, start + SETTINGS.shortest_seconds),
                confidence=SETTINGS.confidence,
            )


def _chord(height: NDArray[np.float32], loudest: float) -> list[int]:
    """The most salient keys of a moment, ``height`` in saliences: local maxima among the keys."""
    beside = np.pad(height, 1)
    least = max(SETTINGS.salient * float(height.max()), SETTINGS.faint * loudest)
    peaks = (height >= beside[:-2]) & (height >= beside[2:]) & (height > least)
    keys = np.flatnonzero(peaks)
    return sorted(keys[np.argsort(-height[keys], kind="stable")][: SETTINGS.voices].tolist())


def _end(course: NDArray[np.float32], soon: int) -> int | None:
    """The frame in which a key's salience has fallen; None if it goes on to the next onset."""
    fallen = np.flatnonzero(course < SETTINGS.ends * course[:soon].max())
    fallen = fallen[fallen >= SETTINGS.least_frames]
    return int(fallen[0]) if fallen.size else None


def _heard(event: NoteEvent, notes: Sequence[Note]) -> bool:
    """Whether notes of the same key, of ``notes`` beside it, sound for most of ``event``."""
    shared = sum(
        min(event.end, it.end) - max(event.start, it.start)
        for it in notes
        if abs(it.pitch - event.key) < SETTINGS.same_key
    )
    return shared > SETTINGS.heard_already * (event.end - event.start)
