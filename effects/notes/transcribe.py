"""From sound to notes.

`basic_pitch` says how likely a note of each key is to sound and to begin; `features` adds what the
spectrum says about the key and about the keys it could be a partial of; `note_network` decides.
Here its probabilities become notes, key by key. `partials` then measures the pitch and level of
each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effects.notes import basic_pitch, features, partials
from effects.notes.basic_pitch import (
    FRAMES_PER_SECOND,
    HOP,
    LOWEST,
    N_KEYS,
    RATE,
    Frames,
    Keys,
    Tick,
    at_model_rate,
)
from effects.notes.note import Note, NoteEvent
from effects.notes.note_network import Prediction, predict
from effects.running.progress import part
from effects.signal import loudness
from effects.signal.arrays import Mono, energy, samples_between


@dataclass(frozen=True)
class Settings:
    """When probabilities become a note. Frames are 11.6 ms.

    Unless stated otherwise, the values were tuned by hand on the half of the triplets that is for
    tuning (docs/quality.md); no search is recorded.

    Attributes:
        silent: a clip whose peak is lower has no notes.
        lead: frames of silence put before the clip: without them, a note that begins with the clip
            has no onset.
        stretch: frames processed at a time, 24 s, to limit memory.
        margin: frames before and after them, more than the 124 that the network sees.
        sounds: probability that a note without an onset must reach at least once.
        lasts: probability at which a note goes on.
        faint: probability that a note with an onset must reach at least once.
        begins: probability that an onset must reach.
        certain: the sum of a certain onset's probabilities over three frames. The network was
            trained to say exp(-d²) at d frames from the onset: 1 + 2/e = 1.74.
        onset_frames: frames to either side of an onset's peak that tell its exact time.
        soon: frames from an onset on in which its note is most probable.
        shortest: frames that a note has at least.
        late: if a note sounds for this many frames before its first onset, they are a note of their
            own.
        gap: frames in a row for which a note may be improbable without ending.
        unsure: a note is dropped if the mean of its probability and its onset's is lower.
        quiet: as a share of the clip's peak. Notes with a lower level are dropped, and stretches
            with a lower peak are not looked at.
        trace: share of a clip's energy. If all notes together have less, they are noise: the
            network heard 3 faint ones in white noise (a test has that noise).
    """

    silent: float = 1e-5
    lead: int = 24
    stretch: int = 2048
    margin: int = 160
    sounds: float = 0.5
    lasts: float = 0.5
    faint: float = 0.25
    begins: float = 0.35
    certain: float = 1.73
    onset_frames: int = 2
    soon: int = 12
    shortest: int = 4
    late: int = 6
    gap: int = 3
    unsure: float = 0.3
    quiet: float = 1e-3
    trace: float = 0.02


SETTINGS = Settings()
#: A note's confidence: mean probabilities of a note and its onset, and the share of notes with that
#: probability that were right, on the tunes of the half that is for tuning.
RIGHT = ((0.3, 0.55, 0.65, 0.75, 0.85, 1), (0.5, 0.6, 0.75, 0.88, 0.97, 1))


def transcribe(audio: Mono, sample_rate: float, tick: Tick | None = None) -> list[Note]:
    """The notes of a clip, in the order of their beginnings; none if nothing in it has a pitch.

    Args:
        audio: the clip, ``[samples]``. At `basic_pitch.RATE` it is not resampled.
        sample_rate: its rate in Hz.
        tick: called with the fraction that is done, 0 to 1; what it raises ends the work.
    """
    peak = loudness.peak(audio[None])
    if not peak > SETTINGS.silent:
        return []
    clip = audio if sample_rate == RATE else at_model_rate(audio, sample_rate)
    prediction = _prediction(clip, peak, tick)
    events = list(_events(prediction))
    notes = sorted(
        Note(it.start, it.end, found.pitch, found.level * peak, it.confidence)
        for it, found in zip(events, partials.measure(clip, events, peak), strict=True)
        if found.level > SETTINGS.quiet
    )
    own = sum(it.level**2 * it.seconds for it in notes)
    return notes if own > SETTINGS.trace * energy(clip) / RATE else []


def _prediction(clip: Mono, peak: float, tick: Tick | None) -> Prediction:
    """What the network says about all keys of a clip, stretch by stretch, ``[keys, frames]``."""
    n_frames = SETTINGS.lead - (-clip.size // HOP)
    stretch, margin = SETTINGS.stretch, SETTINGS.margin
    whole = Prediction(*np.zeros((3, N_KEYS, n_frames), np.float16))  # float16: half the memory
    for first in range(0, n_frames, stretch):
        start, end = max(first - margin, 0), min(first + stretch + margin, n_frames)
        begin, stop = ((it - SETTINGS.lead) * HOP for it in (start, end))
        samples = samples_between(clip, begin, min(stop, clip.size))
        samples /= np.float32(peak)
        if loudness.peak(samples[None]) < SETTINGS.quiet:
            continue
        done = min(first + stretch, n_frames)
        report = None if tick is None else part(tick, first / n_frames, done / n_frames)
        predicted = _predict(samples, report)
        if predicted is None:
            continue
        keys, prediction = predicted
        kept, at = slice(first - start, done - start), slice(first, done)
        whole.note[keys, at] = prediction.note[:, kept]
        whole.onset[keys, at] = prediction.onset[:, kept]
        whole.onset_shift[keys, at] = prediction.onset_shift[:, kept]
    return whole


def _predict(samples: Mono, tick: Tick | None) -> tuple[Keys, Prediction] | None:
    """What the network says about a stretch, and about which keys; None if there are none."""
    found = basic_pitch.activations(samples, tick)
    keys = features.candidate_keys(found)
    if not len(keys):
        return None
    evidence = features.Evidence.of(found, features.Spectra.of(samples))
    return keys, predict((evidence.of_keys(it)[0] for it in keys[:, None]), keys)


def _events(prediction: Prediction) -> Iterator[NoteEvent]:
    """The notes of all keys, one key after the other."""
    lead = SETTINGS.lead
    for key in np.flatnonzero(prediction.note.max(axis=1, initial=0) >= SETTINGS.faint):
        note, onset, shift = (
            it[key].astype(np.float32)
            for it in (prediction.note, prediction.onset, prediction.onset_shift)
        )
        onsets = _onsets(onset, shift)
        for first, last in _runs(note, onsets):
            if last - lead < SETTINGS.shortest:
                continue
            begin, probability = onsets.get(first, (float(first), 0.0))
            probability = (probability + float(note[first:last].mean())) / 2
            if probability < SETTINGS.unsure:
                continue
            yield NoteEvent(
                key=int(key) + LOWEST,
                start=max(begin - lead, 0.0) / FRAMES_PER_SECOND,
                end=max(last - lead, begin - lead + 1) / FRAMES_PER_SECOND,
                confidence=float(np.interp(probability, *RIGHT)),
            )


def _onsets(onset: Frames, shift: Frames) -> dict[int, tuple[float, float]]:
    """One key's onsets: for a frame, the exact time in frames, and the probability.

    If the network is sure of an onset but not of its time, it spreads the onset over several
    frames. So their sum counts, and the time is the weighted mean of what the frames say.
    """
    around = np.pad(onset, 2)
    sums = around[1:-3] + around[2:-2] + around[3:-1]
    beside = np.pad(sums, 1)
    least = SETTINGS.begins * SETTINGS.certain
    peaks = (sums >= least) & (sums >= beside[:-2]) & (sums > beside[2:])
    found = {}
    side = SETTINGS.onset_frames
    for peak in np.flatnonzero(peaks):
        near = np.arange(max(int(peak) - side, 0), min(int(peak) + side + 1, len(onset)))
        begin = np.average(near + shift[near], weights=onset[near] + 1e-6)
        found[int(peak)] = (float(begin), float(min(sums[peak] / SETTINGS.certain, 1)))
    return found


def _runs(note: Frames, onsets: Mapping[int, object]) -> Iterator[tuple[int, int]]:
    """One key's notes: first frame and last frame (exclusive).

    A note lasts while it is probable. After an onset, half of the probability that it reaches soon
    after the onset is enough.
    """
    enough = np.full(len(note), SETTINGS.lasts)
    every = sorted(onsets)
    for onset, following in pairwise([*every, len(note)]):
        best = float(note[onset : min(onset + SETTINGS.soon, following)].max())
        if best >= SETTINGS.faint:
            enough[onset:following] = min(SETTINGS.lasts, best / 2)
    sounding = np.flatnonzero(note >= enough)
    if not sounding.size:
        return
    for run in np.split(sounding, np.flatnonzero(np.diff(sounding) > SETTINGS.gap + 1) + 1):
        first, end = int(run[0]), int(run[-1]) + 1
        within = every[bisect_left(every, first - 3) : bisect_left(every, end - 1)]
        whole = within and within[0] - first < SETTINGS.late  # the note begins with an onset
        starts = within if whole else [first, *within]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            best = note[start:stop].max(initial=0)
            least = SETTINGS.faint if start in onsets else SETTINGS.sounds
            if stop - start >= SETTINGS.shortest and best >= least:
                yield start, stop
