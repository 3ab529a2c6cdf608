"""How a stroke rings on after the next stroke has begun, without that one.

A clip of a kit seldom lets a stroke ring: another one comes. Up to then, every band of the stroke
falls at a rate of its own. After that it is to go on falling at that rate r, from the level L that
it had last,

    cap(t) = L - r t        (in dB),

so where a band is louder than that, it is turned down to it: what is louder is the next stroke.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.bands import SETTINGS as BANDS
from effects.engines.sampler.bands import Bands, edges_of, transform
from effects.signal.arrays import Mono, Values, samples_between


@dataclass(frozen=True)
class Settings:
    """The numbers of this module."""

    #: Slowest and fastest fall of a band in dB per second. The slowest is there so that a cymbal
    #: that rings under many strokes does not become louder when they are played: best of 30, 60,
    #: 120 and 200, by grooves and loops together. The fastest was not searched.
    least_fall_db: float = 120.0
    most_fall_db: float = 600.0
    #: The levels of a band at first and at last are means over this many seconds. Not searched.
    level_seconds: float = 0.015
    #: The clip passes into its tail over this many seconds. Not searched.
    cross_seconds: float = 0.005


SETTINGS = Settings()


def ringing_on(
    audio: Mono, sample_rate: float, start: int, lead: int, stop: int, longest: int
) -> Mono:
    """A stroke with its tail, ``[stop - start + longest]``.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: in Hz.
        start: the first sample of the stroke's sound; up to ``stop`` it stays as it is, but for the
            last milliseconds.
        lead: samples from there to the stroke.
        stop: where the next stroke begins.
        longest: samples of the tail.
    """
    part = samples_between(audio, start, stop + longest)
    size = stop - start
    stft, bands = transform(sample_rate), Bands.of(part, sample_rate)
    gains = _gains(bands, lead / sample_rate, size / sample_rate)
    edges = edges_of(stft, sample_rate)
    # What is above all bands is treated as the highest band.
    edges[-1] = stft.size // 2 + 1
    mask = np.repeat(gains, np.diff(edges), axis=1).astype(np.float32)
    spectra = stft.analyse(part, 0, len(mask)) * mask
    filtered = stft.synthesise(spectra) / stft.weights(len(mask))
    filtered = filtered[stft.size // 2 :][: part.size]
    cross = min(round(SETTINGS.cross_seconds * sample_rate), size)
    weight = np.zeros(part.size, np.float32)
    weight[size - cross : size] = np.linspace(0, 1, cross, dtype=np.float32)
    weight[size:] = 1
    sound: Mono = part + weight * (filtered - part)
    return sound


def _gains(bands: Bands, lead_seconds: float, seconds: float) -> Values:
    """How much each band is turned down, ``[frames, bands]``; see the module."""
    half = BANDS.overlap // 2
    count = max(round(SETTINGS.level_seconds / bands.hop_seconds), 1)
    last = max(round(seconds / bands.hop_seconds) - half, 1)  # no window reaches the next stroke
    first = min(round(lead_seconds / bands.hop_seconds) + half, last - 1)
    loud, soft = (
        bands.power[at : at + count].mean(axis=0) + 1e-30 for at in (first, max(last - count, 0))
    )
    apart = max(last - count - first, count) * bands.hop_seconds
    fall = 10 * np.log10(loud / soft) / apart
    fall = np.clip(fall, SETTINGS.least_fall_db, SETTINGS.most_fall_db)
    after = np.maximum(np.arange(len(bands.power)) - last, 0)[:, None] * bands.hop_seconds
    cap = soft * 10 ** (-fall * after / 10)
    gains = np.sqrt(np.minimum(cap / np.maximum(bands.power, 1e-30), 1))
    gains[: last + 1] = 1
    return np.asarray(gains)
