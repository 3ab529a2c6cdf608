"""Strokes without a pitch: where they are in a clip, their sounds, and which drum plays which.

A drum kit is an `Instrument` whose grains have a brightness for a pitch: the centre of gravity of
the spectrum of a stroke, as a MIDI number. Who plays what is decided by rank: the lowest tenth of
what the content plays goes to the lowest tenth of what the style plays, and so on. So a bass line
becomes a bass drum, and the kick of a kit becomes the lowest notes of a piano.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.instrument import LEAD_SECONDS, USUAL_RELEASE_DB, Grain, Instrument
from effects.notes.note import Note
from effects.signal.arrays import Mono
from effects.signal.loudness import k_weighted_power

ONSET_RATE, ONSET_HOP, ONSET_SIZE = 22_050, 256, 2048
STRETCH = 4096  # frames looked at together
AROUND_SECONDS = (0.05, 0.03)  # where the start of a stroke is looked for, around its onset
STEP_SECONDS = 0.001
RISEN = 0.25  # of the highest amplitude around: there a stroke begins
COLOUR_SECONDS = 0.08  # from the start of a stroke: what its brightness is measured on
LONGEST_SECONDS = 2.0
TOGETHER_SECONDS = 0.03  # strokes and notes of one moment
RISE_SECONDS, LEAST_RISE_DB = 0.03, 6.0
RISE_EDGES_HZ = (0, 250, 1000, 4000, 20_000)
SOON_SECONDS = 0.4  # after the start of a stroke: what sounds then is its sound
FAINT_DB = 40.0  # below the loudest stroke, a stroke is none


def strokes(audio: Mono, sample_rate: float, *, by_loudness: bool = False) -> list[Note]:
    """The strokes of a clip, each until the next, their brightness for a pitch.

    Onsets are librosa's (peaks of the spectral flux), those at which the level of some octaves
    rises at once: in noise there are peaks, too. A stroke begins where the amplitude around its
    onset first rises to a quarter of its highest. Its level is the root mean square, K-weighted if
    ``by_loudness``: so a hi-hat that is to be played by something lower is as loud as it was, and
    not as strong.
    """
    if np.abs(audio).max(initial=0) < 1e-9:
        return []
    starts = sorted({_start(audio, sample_rate, at) for at in _onsets(audio, sample_rate)})
    starts = [it for it in starts if _rise_db(audio, sample_rate, it) > LEAST_RISE_DB]
    starts = [it for n, it in enumerate(starts) if n == 0 or it - starts[n - 1] > TOGETHER_SECONDS]
    step = max(round(STEP_SECONDS * sample_rate), 1)
    power = k_weighted_power(audio[None], sample_rate, step) if by_loudness else np.zeros(0)
    found = []
    for start, after in pairwise([*starts, audio.size / sample_rate]):
        part = audio[round(start * sample_rate) : round((start + COLOUR_SECONDS) * sample_rate)]
        end = min(after, start + LONGEST_SECONDS)
        if end - start > STEP_SECONDS and part.size > 8:
            level = float(np.sqrt(np.mean(part**2)))
            if by_loudness:
                first = round(start * sample_rate / step)
                own = power[first : first + max(round(part.size / step), 1)]
                level = float(np.sqrt(own.sum() / part.size))
            found.append(Note(start, end, brightness(part, sample_rate), level, 1.0))
    loudest = max((it.level for it in found), default=0.0)
    return [it for it in found if it.level > loudest * 10 ** (-FAINT_DB / 20)]


def _onsets(audio: Mono, sample_rate: float) -> NDArray[np.float64]:
    import librosa
    import soxr  # type: ignore[import-untyped]

    clip = soxr.resample(audio, sample_rate, ONSET_RATE)
    clip = np.pad(clip, (ONSET_RATE // 10, 0))  # a stroke at the very start has a before
    flux = librosa.onset.onset_strength(
        S=librosa.power_to_db(_mel_spectrogram(clip)), sr=ONSET_RATE, hop_length=ONSET_HOP
    )
    times: NDArray[np.float64] = librosa.onset.onset_detect(
        onset_envelope=flux, sr=ONSET_RATE, hop_length=ONSET_HOP, units="time"
    )
    return times - 0.1


def _mel_spectrogram(clip: Mono) -> Mono:
    """librosa's, stretch by stretch: of a long stem, all bins at once are gigabytes."""
    import librosa

    padded = np.pad(clip, ONSET_SIZE // 2)
    n_frames = clip.size // ONSET_HOP + 1
    parts = [
        librosa.feature.melspectrogram(
            y=padded[first * ONSET_HOP : (first + STRETCH - 1) * ONSET_HOP + ONSET_SIZE],
            sr=ONSET_RATE,
            n_fft=ONSET_SIZE,
            hop_length=ONSET_HOP,
            center=False,
        )
        for first in range(0, n_frames, STRETCH)
    ]
    return np.concatenate(parts, axis=1)


def _start(audio: Mono, sample_rate: float, onset: float) -> float:
    before, after = AROUND_SECONDS
    first = max(round((onset - before) * sample_rate), 0)
    part = np.abs(audio[first : round((onset + after) * sample_rate)])
    step = max(round(STEP_SECONDS * sample_rate), 1)
    highest = np.maximum.reduceat(part, np.arange(0, max(part.size, 1), step))
    return (first + int(np.argmax(highest >= RISEN * highest.max())) * step) / sample_rate


def _rise_db(audio: Mono, sample_rate: float, start: float) -> float:
    """By how much the level rises where a stroke begins, in the octaves where it does most."""
    size, at = round(RISE_SECONDS * sample_rate), round(start * sample_rate)
    before, after = np.zeros(size), np.zeros(size)
    parts = audio[max(at - size, 0) : at], audio[at : at + size]
    before[: parts[0].size], after[: parts[1].size] = parts
    hz = np.fft.rfftfreq(size, 1 / sample_rate)
    power = [np.abs(np.fft.rfft(it * np.hanning(size))) ** 2 for it in (before, after)]
    least = 1e-6 * max(float(power[1].sum()), 1e-30)
    edges = np.searchsorted(hz, RISE_EDGES_HZ)
    rises = [
        10 * np.log10((power[1][a:b].sum() + least) / (power[0][a:b].sum() + least))
        for a, b in pairwise(edges)
        if power[1][a:b].sum() > 0.01 * power[1].sum()  # what is faint is no stroke's
    ]
    return float(max(rises, default=0.0))


def struck(audio: Mono, sample_rate: float, found: Sequence[Note]) -> float:
    """Share of a clip's power that sounds soon after its strokes, 0 to 1."""
    power = np.square(audio, dtype=np.float64)
    near = np.zeros(audio.size, np.bool_)
    for stroke in found:
        first = round(stroke.start * sample_rate)
        near[first : first + round(SOON_SECONDS * sample_rate)] = True
    return float(power[near].sum() / max(power.sum(), 1e-300))


def brightness(part: Mono, sample_rate: float) -> float:
    """Centre of gravity of the logarithm of frequency, by amplitude, as a MIDI number."""
    amplitude = np.abs(np.fft.rfft(part * np.hanning(part.size)))[1:]
    pitch = 69 + 12 * np.log2(np.fft.rfftfreq(part.size, 1 / sample_rate)[1:] / 440)
    weight = amplitude / np.arange(1, amplitude.size + 1) ** 0.5  # bins are dense at the top
    total = float(weight.sum())
    return float((pitch * weight).sum() / total) if total > 0 else 60.0


def kit(audio: Mono, sample_rate: float, found: Sequence[Note]) -> Instrument | None:
    """The strokes of a clip as an instrument; None if there are none."""
    lead = round(LEAD_SECONDS * sample_rate)
    grains = []
    for stroke in found:
        start = max(round(stroke.start * sample_rate) - lead, 0)
        stop = round(stroke.end * sample_rate) - lead  # the next one's lead is not this one's
        if stop > start:
            own = round(stroke.start * sample_rate) - start
            sound = audio[start:stop].copy()
            grains.append(Grain(stroke.pitch, stroke.level, stroke.seconds, 1.0, own, sound))
    return Instrument(sample_rate, USUAL_RELEASE_DB, grains) if grains else None


def merged(notes: Sequence[Note]) -> list[Note]:
    """One stroke for the notes of one moment, with their mean pitch and the sum of their powers."""
    starts: list[float] = []
    for note in sorted(notes):
        new = not starts or note.start - starts[-1] > TOGETHER_SECONDS
        starts.append(note.start if new else starts[-1])
    groups = groupby(zip(starts, sorted(notes), strict=True), key=lambda pair: pair[0])
    found = []
    for start, pairs in groups:
        chord = [note for _, note in pairs]
        level = float(np.sqrt(sum(it.level**2 for it in chord)))
        pitch = float(np.mean([it.pitch for it in chord]))
        found.append(Note(start, max(it.end for it in chord), pitch, level, 1.0))
    return found


def by_rank(played: Sequence[Note], instrument: Instrument, longest_seconds: float) -> list[Note]:
    """The content's strokes with the pitches of the grains of their ranks, as long as these.

    Args:
        played: what the content plays.
        instrument: what plays it.
        longest_seconds: what sounds longer is cut.
    """
    if not played:
        return []
    grains = sorted(instrument.grains, key=lambda it: it.pitch)
    pitches = np.array([it.pitch for it in played])
    order = np.sort(pitches)
    found = []
    for note in played:
        below, upto = (
            np.searchsorted(order, note.pitch, "left"),
            np.searchsorted(order, note.pitch, "right"),
        )
        rank = (below + upto) / 2 / len(order)
        grain = grains[min(int(rank * len(grains)), len(grains) - 1)]
        end = note.start + min(grain.seconds, longest_seconds)
        found.append(replace(note, end=end, pitch=grain.pitch))
    return found
