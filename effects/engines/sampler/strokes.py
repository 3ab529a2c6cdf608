"""Strokes without a pitch: where they are in a clip, how bright, and how strong or loud.

In place of a pitch a stroke has a brightness: the centre of gravity of its spectrum, as a MIDI
number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effects.notes.note import Note
from effects.signal.arrays import Mono, Values
from effects.signal.loudness import k_weighted_power
from effects.signal.units import hz_to_midi


@dataclass(frozen=True)
class Settings:
    """Numbers of this module. Where nothing else is said, they are as in the first design that
    worked, and were not searched.
    """

    #: Onsets: librosa's mel spectrogram, at its default rate in Hz and with its default window in
    #: samples. The hop is half the default one: onsets are known to 12 ms.
    onset_hz: int = 22_050
    onset_hop: int = 256
    onset_size: int = 2048
    #: Silence in seconds that a clip is given, so that a stroke at its start has a before.
    before_seconds: float = 0.1
    #: Frames that are worked on together, against memory; no effect on the result.
    frames_together: int = 4096
    #: Where the beginning of a stroke is looked for: in seconds before and after its onset.
    around_seconds: tuple[float, float] = (0.05, 0.03)
    #: Resolution of that search, in seconds; no stroke is shorter.
    step_seconds: float = 0.001
    #: A stroke begins where the amplitude first has this share of the highest around it.
    risen: float = 0.25
    #: What brightness and level are measured on, in seconds from the beginning of a stroke.
    colour_seconds: float = 0.08
    #: Of a clip's last stroke, fewer samples tell no brightness.
    fewest_samples: int = 8
    #: A stroke lasts no longer, in seconds.
    longest_seconds: float = 2.0
    #: Strokes and notes that begin within so many seconds are one moment's.
    together_seconds: float = 0.03
    #: At a stroke, the level of at least one band rises by so many dB, from so many seconds before
    #: it to as many after it. These are the edges of the bands in Hz. A band does not count if it
    #: has less than ``faint_share`` of the power after.
    least_rise_db: float = 6.0
    rise_seconds: float = 0.03
    rise_edges_hz: tuple[int, ...] = (0, 250, 1000, 4000, 20_000)
    faint_share: float = 0.01
    #: Every band is taken to have this share of the power after: no level rises by more than 60 dB.
    floor_share: float = 1e-6
    #: What sounds within so many seconds after the beginning of a stroke is its sound.
    soon_seconds: float = 0.4
    #: So many dB below the loudest stroke, nothing is a stroke.
    faint_db: float = 40.0
    #: A clip whose peak is lower has no strokes.
    silent: float = 1e-9


SETTINGS = Settings()


@dataclass(frozen=True)
class Colour:
    """The first moment of a stroke, by which its brightness and level are measured.

    Attributes:
        start: in seconds.
        end: of the stroke, in seconds.
        samples: of the moment, ``[n]``.
    """

    start: float
    end: float
    samples: Mono


Levels = Callable[[Mono, float, Sequence[Colour]], Sequence[float]]
"""Measures strokes: of a clip, its sample rate in Hz, and where its strokes are."""


def root_mean_squares(
    audio: Mono, sample_rate: float, colours: Sequence[Colour]
) -> Sequence[float]:
    """The strength of strokes."""
    return [float(np.sqrt(np.mean(it.samples**2))) for it in colours]


def k_weighted(audio: Mono, sample_rate: float, colours: Sequence[Colour]) -> Sequence[float]:
    """The loudness of strokes: root mean square after the K-weighting of BS.1770."""
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

    Onsets are librosa's (peaks of the spectral flux), of which those count at which the level of
    some octaves rises at once: the flux of noise has peaks, too. A stroke begins where the
    amplitude around its onset first rises to a quarter of its highest.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: in Hz.
        levels: what measures the strokes' levels.
    """
    if np.abs(audio).max(initial=0) < SETTINGS.silent:
        return []
    colours = list(_colours(audio, sample_rate))
    found = [
        Note(it.start, it.end, brightness(it.samples, sample_rate), level, 1.0)
        for it, level in zip(colours, levels(audio, sample_rate, colours), strict=True)
    ]
    loudest = max((it.level for it in found), default=0.0)
    return [it for it in found if it.level > loudest * 10 ** (-SETTINGS.faint_db / 20)]


def _colours(audio: Mono, sample_rate: float) -> Iterator[Colour]:
    """The first moments of the strokes, in order."""
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
    """Samples that are looked at as one, where a stroke's beginning is looked for."""
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
    """librosa's, stretch by stretch: of a long stem, all bins at once are gigabytes."""
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
    before, after = SETTINGS.around_seconds
    first = max(round((onset - before) * sample_rate), 0)
    part = np.abs(audio[first : round((onset + after) * sample_rate)])
    step = _step(sample_rate)
    highest = np.maximum.reduceat(part, np.arange(0, max(part.size, 1), step))
    return (first + int(np.argmax(highest >= SETTINGS.risen * highest.max())) * step) / sample_rate


def _rise_db(audio: Mono, sample_rate: float, start: float) -> float:
    """By how much the level rises where a stroke begins, in the octaves where it does most."""
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
    """Share of a clip's power that sounds soon after its strokes, 0 to 1."""
    power = np.square(audio, dtype=np.float64)
    near = np.zeros(audio.size, np.bool_)
    for stroke in found:
        first = round(stroke.start * sample_rate)
        near[first : first + round(SETTINGS.soon_seconds * sample_rate)] = True
    return float(power[near].sum() / max(power.sum(), 1e-300))


def brightness(part: Mono, sample_rate: float) -> float:
    """Centre of gravity of the logarithm of frequency, by amplitude, as a MIDI number."""
    amplitude = np.abs(np.fft.rfft(part * np.hanning(part.size)))[1:]
    pitch = hz_to_midi(np.fft.rfftfreq(part.size, 1 / sample_rate)[1:])
    weight = amplitude / np.arange(1, amplitude.size + 1) ** 0.5  # bins are dense at the top
    total = float(weight.sum())
    return float((pitch * weight).sum() / total) if total > 0 else 60.0
