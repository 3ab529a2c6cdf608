"""Strokes, sounds without a pitch: where they are in a clip, how bright and how loud.

In place of a pitch, a stroke has a brightness: the spectral centroid on a logarithmic axis, as a
MIDI number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effects.notes.note import Note
from effects.signal.arrays import Mono, Values
from effects.signal.loudness import k_weighted_power
from effects.signal.units import db_to_amplitude, hz_to_midi


@dataclass(frozen=True)
class Settings:
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Sample rate in Hz and window in samples of the spectrogram in which onsets are found:
    #: librosa's defaults.
    onset_hz: int = 22_050
    onset_size: int = 2048
    #: Its hop in samples, 11.6 ms: half of librosa's default, for a finer resolution in time.
    onset_hop: int = 256
    #: Seconds of silence put before a clip, so that a stroke at its very start has a rise.
    before_seconds: float = 0.1
    #: Frames at a time, to limit memory. The result does not depend on this.
    frames_together: int = 4096
    #: Seconds before and after an onset in which the start of the stroke is looked for.
    around_seconds: tuple[float, float] = (0.05, 0.03)
    #: Resolution of that search in seconds. A stroke must be longer than this.
    step_seconds: float = 0.001
    #: A stroke starts where the amplitude first reaches this share of its maximum around the onset.
    risen: float = 0.25
    #: Seconds from the start of a stroke over which brightness and level are measured.
    colour_seconds: float = 0.08
    #: A stroke needs more samples than this, or its brightness means nothing.
    fewest_samples: int = 8
    #: Longest stroke, in seconds.
    longest_seconds: float = 2.0
    #: Strokes or notes that start within this many seconds are one.
    together_seconds: float = 0.03
    #: An onset is a stroke if the level of some band rises by more than this, in dB.
    least_rise_db: float = 6.0
    #: Seconds before the stroke, and after its start, between which the rise is measured.
    rise_seconds: float = 0.03
    #: Edges of the bands in Hz.
    rise_edges_hz: tuple[int, ...] = (0, 250, 1000, 4000, 20_000)
    #: A band with a smaller share of the power after the start is not looked at.
    faint_share: float = 0.01
    #: Added to each band, as a share of that power: it limits a rise out of silence to 60 dB.
    floor_share: float = 1e-6
    #: What sounds within this many seconds from the start of a stroke counts as the stroke's sound.
    soon_seconds: float = 0.4
    #: Strokes that are softer than the loudest by more than this, in dB, are dropped.
    faint_db: float = 40.0
    #: A clip with a lower peak is silent.
    silent: float = 1e-9


SETTINGS = Settings()


@dataclass(frozen=True)
class Colour:
    """The beginning of a stroke, on which its brightness and level are measured.

    Attributes:
        start: when the stroke starts, in seconds.
        end: when the stroke ends, in seconds.
        samples: the beginning, ``[n]``.
    """

    start: float
    end: float
    samples: Mono


Levels = Callable[[Mono, float, Sequence[Colour]], Sequence[float]]
"""Measures levels: takes a clip, its sample rate in Hz and its strokes, gives a level for each."""


def root_mean_squares(
    audio: Mono, sample_rate: float, colours: Sequence[Colour]
) -> Sequence[float]:
    """The root mean square of each stroke's beginning."""
    return [float(np.sqrt(np.mean(it.samples**2))) for it in colours]


def k_weighted(audio: Mono, sample_rate: float, colours: Sequence[Colour]) -> Sequence[float]:
    """The same after the K-weighting of ITU-R BS.1770, which shows how loud strokes are."""
    step = _step(sample_rate)
    power = k_weighted_power(audio[None], sample_rate, step)
    levels = []
    for it in colours:
        first, size = round(it.start * sample_rate / step), it.samples.size
        own = power[first : first + max(round(size / step), 1)]
        levels.append(float(np.sqrt(own.sum() / size)))
    return levels


def strokes(audio: Mono, sample_rate: float, levels: Levels = root_mean_squares) -> list[Note]:
    """The strokes of a clip, each until the next, with their brightness in place of a pitch.

    Onsets are librosa's, the peaks of the spectral flux. Noise has such peaks, too, so an onset
    only counts if the level of some band rises at once. A stroke starts where the amplitude around
    the onset first reaches a quarter of its maximum.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: in Hz.
        levels: how to measure the strokes' levels.
    """
    if np.abs(audio).max(initial=0) < SETTINGS.silent:
        return []
    colours = list(_colours(audio, sample_rate))
    found = [
        Note(it.start, it.end, brightness(it.samples, sample_rate), level, 1.0)
        for it, level in zip(colours, levels(audio, sample_rate, colours), strict=True)
    ]
    loudest = max((it.level for it in found), default=0.0)
    return [it for it in found if it.level > loudest * db_to_amplitude(-SETTINGS.faint_db)]


def _colours(audio: Mono, sample_rate: float) -> Iterator[Colour]:
    """The beginnings of the strokes, in order."""
    starts = sorted({_start(audio, sample_rate, at) for at in _onsets(audio, sample_rate)})
    starts = [it for it in starts if _rise_db(audio, sample_rate, it) > SETTINGS.least_rise_db]
    starts = [
        it
        for n, it in enumerate(starts)
        if n == 0 or it - starts[n - 1] > SETTINGS.together_seconds
    ]
    for start, after in pairwise([*starts, audio.size / sample_rate]):
        stop = start + SETTINGS.colour_seconds
        samples = audio[round(start * sample_rate) : round(stop * sample_rate)]
        end = min(after, start + SETTINGS.longest_seconds)
        if end - start > SETTINGS.step_seconds and samples.size > SETTINGS.fewest_samples:
            yield Colour(start, end, samples)


def _step(sample_rate: float) -> int:
    """The resolution of the search for a stroke's start, in samples."""
    return max(round(SETTINGS.step_seconds * sample_rate), 1)


def _onsets(audio: Mono, sample_rate: float) -> Values:
    import librosa
    import soxr  # type: ignore[import-untyped]

    clip = soxr.resample(audio, sample_rate, SETTINGS.onset_hz)
    clip = np.pad(clip, (round(SETTINGS.before_seconds * SETTINGS.onset_hz), 0))
    flux = librosa.onset.onset_strength(
        S=librosa.power_to_db(_mel_spectrogram(clip)),
        sr=SETTINGS.onset_hz,
        hop_length=SETTINGS.onset_hop,
    )
    times: Values = librosa.onset.onset_detect(
        onset_envelope=flux, sr=SETTINGS.onset_hz, hop_length=SETTINGS.onset_hop, units="time"
    )
    return times - SETTINGS.before_seconds


def _mel_spectrogram(clip: Mono) -> Mono:
    """librosa's, computed in parts: all bins of a long stem would take gigabytes."""
    import librosa

    hop, size, together = SETTINGS.onset_hop, SETTINGS.onset_size, SETTINGS.frames_together
    padded = np.pad(clip, size // 2)
    n_frames = clip.size // hop + 1
    parts = [
        librosa.feature.melspectrogram(
            y=padded[first * hop : (first + together - 1) * hop + size],
            sr=SETTINGS.onset_hz,
            n_fft=size,
            hop_length=hop,
            center=False,
        )
        for first in range(0, n_frames, together)
    ]
    return np.concatenate(parts, axis=1)


def _start(audio: Mono, sample_rate: float, onset: float) -> float:
    """When the stroke at an onset starts, in seconds."""
    before, after = SETTINGS.around_seconds
    first = max(round((onset - before) * sample_rate), 0)
    part = np.abs(audio[first : round((onset + after) * sample_rate)])
    step = _step(sample_rate)
    highest = np.maximum.reduceat(part, np.arange(0, max(part.size, 1), step))
    return (first + int(np.argmax(highest >= SETTINGS.risen * highest.max())) * step) / sample_rate


def _rise_db(audio: Mono, sample_rate: float, start: float) -> float:
    """How many dB the level rises at the start of a stroke, in the band where it rises most."""
    size, at = round(SETTINGS.rise_seconds * sample_rate), round(start * sample_rate)
    before, after = np.zeros(size), np.zeros(size)
    parts = audio[max(at - size, 0) : at], audio[at : at + size]
    before[: parts[0].size], after[: parts[1].size] = parts
    hz = np.fft.rfftfreq(size, 1 / sample_rate)
    power = [np.abs(np.fft.rfft(it * np.hanning(size))) ** 2 for it in (before, after)]
    least = SETTINGS.floor_share * max(float(power[1].sum()), 1e-30)
    edges = np.searchsorted(hz, SETTINGS.rise_edges_hz)
    rises = [
        10 * np.log10((power[1][a:b].sum() + least) / (power[0][a:b].sum() + least))
        for a, b in pairwise(edges)
        if power[1][a:b].sum() > SETTINGS.faint_share * power[1].sum()
    ]
    return float(max(rises, default=0.0))


def struck(audio: Mono, sample_rate: float, found: Sequence[Note]) -> float:
    """The share of a clip's power that sounds soon after its strokes, from 0 to 1."""
    power = np.square(audio, dtype=np.float64)
    near = np.zeros(audio.size, np.bool_)
    for stroke in found:
        first = round(stroke.start * sample_rate)
        near[first : first + round(SETTINGS.soon_seconds * sample_rate)] = True
    return float(power[near].sum() / max(power.sum(), 1e-300))


def brightness(part: Mono, sample_rate: float) -> float:
    """The mean of the logarithm of frequency, weighted by amplitude, as a MIDI number.

    An octave has as many bins as all octaves below it together, so the top octave would outweigh
    all others. Amplitudes are therefore divided by the square root of frequency. Silence has 60.
    """
    amplitude = np.abs(np.fft.rfft(part * np.hanning(part.size)))[1:]
    pitch = hz_to_midi(np.fft.rfftfreq(part.size, 1 / sample_rate)[1:])
    weight = amplitude / np.arange(1, amplitude.size + 1) ** 0.5
    total = float(weight.sum())
    return float((pitch * weight).sum() / total) if total > 0 else 60.0
