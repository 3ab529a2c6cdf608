"""How late a stem is heard against what a mask file says: it checks the file by ear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.mashup.spectra import RATE, resampled
from effects.signal.arrays import Audio
from effects.signal.stft import Stft
from effects.warping.timeline import Timeline

STFT = Stft(1024, 128)  # 46 ms every 5.8 ms
BANDS_PER_OCTAVE = 12
LOWEST_HZ, HIGHEST_HZ = 110.0, 7000.0
REACH_SECONDS = 0.12
RANGE_DB = 60.0

Bands = NDArray[np.float64]


def lag_ms(out: Audio, stem: Audio, sample_rate: float, heard: Timeline) -> float:
    """How many milliseconds later than ``heard`` says an output has a stem of a song.

    The rises of the levels of the stem's semitone bands, moved by ``heard``, are correlated with
    the output's. The best shift within 120 ms is told; between frames, by a parabola. NaN if
    nothing rises in both.

    Args:
        out: the output, ``[channels, samples]``.
        stem: of the song as it is, neither stretched nor shifted, ``[channels, samples]``.
        sample_rate: of both, in Hz.
        heard: where in the song each moment of the output comes from.
    """
    mine = _rises(resampled(out, sample_rate), 0)
    theirs = _moved(_rises(resampled(stem, sample_rate), heard.semitones), heard, len(mine))
    reach = round(REACH_SECONDS * RATE / STFT.hop)
    likeness = np.array([_likeness(mine, theirs, it) for it in range(-reach, reach + 1)])
    best = int(np.argmax(likeness))
    if likeness[best] <= 0:
        return float("nan")
    frames = float(best - reach)
    if 0 < best < len(likeness) - 1:
        low, top, high = likeness[best - 1 : best + 2]
        frames += 0.5 * (low - high) / min(low - 2 * top + high, -1e-12)
    return 1000 * frames * STFT.hop / RATE


def _moved(rises: Bands, heard: Timeline, count: int) -> Bands:
    """A song's rises as they are heard in so many frames of the mashup; 0 where it is not."""
    at = heard.at(np.arange(count) * STFT.hop / RATE) * RATE / STFT.hop
    inside = np.flatnonzero(~np.isnan(at) & (at >= 0) & (at < len(rises) - 1))
    whole = at[inside].astype(int)
    part = (at[inside] - whole)[:, None]
    found = np.zeros((count, rises.shape[1]))
    found[inside] = (1 - part) * rises[whole] + part * rises[whole + 1]
    return found


def _likeness(mine: Bands, theirs: Bands, later: int) -> float:
    """The cosine of the output's rises and the stem's, which come so many frames later."""
    count = len(mine) - abs(later)
    here, there = mine[max(later, 0) :][:count], theirs[max(-later, 0) :][:count]
    norm = np.sqrt((here**2).sum() * (there**2).sum())
    return float((here * there).sum() / norm) if norm > 0 else 0.0


def _rises(audio: Audio, semitones: float) -> Bands:
    """How much the level of each band rises from frame to frame, in dB, ``[frames, bands]``."""
    spectra = STFT.analyse(audio, 0, STFT.n_frames(audio.shape[-1]))
    powers = (spectra.real**2 + spectra.imag**2).sum(axis=0) @ _bank(semitones)
    floor = powers.max() * 10 ** (-RANGE_DB / 10) + 1e-12
    levels = 10 * np.log10(powers + floor)
    return np.maximum(np.diff(levels, axis=0, prepend=levels[:1]), 0.0)


def _bank(semitones: float) -> NDArray[np.float32]:
    """Which bins make each band of a song that is played so much higher, ``[bins, bands]``."""
    count = int(BANDS_PER_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ))
    hz = np.arange(STFT.size // 2 + 1) * RATE / STFT.size * 2 ** (semitones / 12)
    place = BANDS_PER_OCTAVE * np.log2(np.maximum(hz, 1.0) / LOWEST_HZ)
    # Bins are wider than bands at the bottom: a bin is shared by the bands within its width.
    width = np.maximum(BANDS_PER_OCTAVE * np.log2(1 + hz[1] / np.maximum(hz, 1.0)), 1.0)
    weights = 1 - np.abs(place[:, None] - np.arange(count)) / width[:, None]
    return np.maximum(weights, 0.0).astype(np.float32)
