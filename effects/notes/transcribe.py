"""From sound to notes.

The network of `model` says how surely each key sounds and is struck; `features` adds what the
spectrum says of it and of the keys it could be a partial of; `judge` decides. What is made of that
here are notes, key by key. `partials` then measures each: its pitch and its level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effects.notes import basic_pitch, features, note_network, partials
from effects.notes.basic_pitch import FRAMES_PER_SECOND, HOP, LOWEST, N_KEYS, Frames, Tick
from effects.notes.note import Note
from effects.signal.arrays import Mono

SILENT = 1e-5  # a clip whose peak is lower has no notes
LEAD = 24  # frames of silence before the clip, or a note that begins with it is not struck
STRETCH, MARGIN = 2048, 160  # frames looked at together, and around them
SOUNDS, LASTS = 0.5, 0.5  # what makes a note, and what lets it go on
FAINT = 0.25  # as `SOUNDS`, of a note whose stroke is heard
BEGINS = 0.35
UNSURE = 0.3  # a note of which the mean of both is less is none
#: How often notes are right that are as sure as that: on tunes that were kept for tuning.
RIGHT = ((0.3, 0.55, 0.65, 0.75, 0.85, 1), (0.5, 0.6, 0.75, 0.88, 0.97, 1))
STROKE = 1.73  # of a sure stroke, over three frames
SOON = 12  # frames after its stroke within which a note is at its surest
SHORTEST = 4  # frames
LATE = 6  # frames of a note before its first stroke that are a note of their own
GAP = 3  # frames that a note may be unheard for
QUIET = 1e-3  # of the clip's peak: quieter notes are none
TRACE = 0.02  # of a clip's energy: notes that have less together are noise's


def transcribe(audio: Mono, sample_rate: float, tick: Tick | None = None) -> list[Note]:
    """The notes of a clip, in the order of their beginnings; none if nothing in it has a pitch.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: its rate in Hz.
        tick: is told which part of the work is done, 0 to 1; what it raises ends the work.
    """
    peak = float(np.abs(audio).max(initial=0))
    if not peak > SILENT:
        return []
    clip = basic_pitch.at_model_rate(audio, sample_rate) / np.float32(peak)
    verdict = _verdict(np.pad(clip, (LEAD * HOP, 0)), tick)
    rough = list(_from_verdict(verdict))
    notes = sorted(
        Note(it.start, it.end, found.pitch, found.level * peak, it.sure)
        for it, found in zip(rough, partials.measure(clip, rough), strict=True)
        if found.level > QUIET
    )
    own = sum(it.level**2 * it.seconds for it in notes) / peak**2
    return notes if own > TRACE * float(np.sum(clip**2)) / basic_pitch.RATE else []


def _verdict(clip: Mono, tick: Tick | None) -> note_network.Verdict:
    """About all keys of the clip, (keys, frames)."""
    n_frames = -(-clip.size // HOP)
    whole = note_network.Verdict(*np.zeros((3, N_KEYS, n_frames), np.float16))
    for first in range(0, n_frames, STRETCH):
        start, end = max(first - MARGIN, 0), min(first + STRETCH + MARGIN, n_frames)
        part = clip[start * HOP : end * HOP]
        if np.abs(part).max(initial=0) < QUIET:
            continue
        report = None if tick is None else _part_of(tick, first / n_frames, STRETCH / n_frames)
        found = basic_pitch.activations(part, report)
        evidence = features.Evidence.of(found, features.Spectra.of(part))
        kept = slice(first - start, min(first + STRETCH, n_frames) - start)
        at = slice(first, first + kept.stop - kept.start)
        keys = features.heard(found)
        if len(keys):
            verdict = note_network.judge(evidence.of_keys(keys), keys)
            whole.sounding[keys, at] = verdict.sounding[:, kept]
            whole.struck[keys, at] = verdict.struck[:, kept]
            whole.late[keys, at] = verdict.late[:, kept]
    return whole


def _part_of(tick: Tick, start: float, length: float) -> Tick:
    return lambda done: tick(min(start + done * length, 1.0))


@dataclass(frozen=True)
class Rough:
    """A note before it is measured.

    Attributes:
        key: its MIDI number.
        start: in seconds.
        end: likewise.
        sure: from 0 to 1.
    """

    key: int
    start: float
    end: float
    sure: float


def _from_verdict(verdict: note_network.Verdict) -> Iterator[Rough]:
    for key in np.flatnonzero(verdict.sounding.max(axis=1, initial=0) >= FAINT):
        sounding, struck, late = (
            it[key].astype(np.float32) for it in (verdict.sounding, verdict.struck, verdict.late)
        )
        strokes = _strokes(struck, late)
        for first, last in _runs(sounding, strokes):
            if last - LEAD < SHORTEST:
                continue
            begin, sure = strokes.get(first, (float(first), 0.0))
            sure = (sure + float(sounding[first:last].mean())) / 2
            if sure < UNSURE:
                continue
            yield Rough(
                key=int(key) + LOWEST,
                start=max(begin - LEAD, 0.0) / FRAMES_PER_SECOND,
                end=max(last - LEAD, begin - LEAD + 1) / FRAMES_PER_SECOND,
                sure=float(np.interp(sure, *RIGHT)),
            )


def _strokes(struck: Frames, late: Frames) -> dict[int, tuple[float, float]]:
    """Where one key is struck: by frame, when exactly, in frames, and how surely.

    A stroke that is sure of itself but not of its time is spread over several frames.
    """
    around = np.pad(struck, 2)
    sums = around[1:-3] + around[2:-2] + around[3:-1]
    beside = np.pad(sums, 1)
    peaks = (sums >= BEGINS * STROKE) & (sums >= beside[:-2]) & (sums > beside[2:])
    found = {}
    for peak in np.flatnonzero(peaks):
        near = np.arange(max(int(peak) - 2, 0), min(int(peak) + 3, len(struck)))
        begin = np.average(near + late[near], weights=struck[near] + 1e-6)
        found[int(peak)] = (float(begin), float(min(sums[peak] / STROKE, 1)))
    return found


def _runs(sounding: Frames, strokes: Mapping[int, object]) -> Iterator[tuple[int, int]]:
    """One key's notes: first frame and last frame (exclusive)."""
    enough = np.full(len(sounding), LASTS)
    every = sorted(strokes)
    for stroke, following in pairwise([*every, len(sounding)]):
        best = float(sounding[stroke : min(stroke + SOON, following)].max())
        if best >= FAINT:  # a stroke is enough to believe in a note that is not heard well
            enough[stroke:following] = min(LASTS, best / 2)
    down = np.flatnonzero(sounding >= enough)
    if not down.size:
        return
    for run in np.split(down, np.flatnonzero(np.diff(down) > GAP + 1) + 1):
        first, end = int(run[0]), int(run[-1]) + 1
        struck = [it for it in every if first - 3 <= it < end - 1]
        starts = struck if struck and struck[0] - first < LATE else [first, *struck]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            best = sounding[start:stop].max(initial=0)
            if stop - start >= SHORTEST and best >= (FAINT if start in strokes else SOUNDS):
                yield start, stop
