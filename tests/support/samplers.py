"""Tunes and strokes for the tests of the sampler, and what is measured of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from effects.notes.transcribe import transcribe

Mono = NDArray[np.float32]

#: Amplitudes of partials, from the first on.
SAW = tuple(1 / k for k in range(1, 11))
REED = (1.0, 0.05, 0.7, 0.05, 0.5, 0.05, 0.4, 0.04, 0.3)  # even ones are missing
DULL = (1.0, 0.3, 0.1, 0.03)
DARK, BRIGHT = (60.0, 200.0), (4000.0, 8000.0)  # bands of strokes, in Hz


def hz(pitch: float) -> float:
    """Of a MIDI number."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def tone(
    pitch: float, seconds: float, rate: float, partials: Sequence[float] = SAW, level: float = 0.15
) -> Mono:
    """A note that begins within 10 ms, fades slowly and ends within 30 ms."""
    t = np.arange(round(seconds * rate)) / rate
    envelope = np.minimum(t / 0.01, 1) * np.exp(-t) * np.minimum((seconds - t) / 0.03, 1)
    out = np.zeros_like(t)
    for k, amplitude in enumerate(partials, 1):
        if k * hz(pitch) < 0.45 * rate:
            out += amplitude * np.sin(2 * np.pi * k * hz(pitch) * t)
    return (level * envelope * out).astype(np.float32)


def tune(
    notes: Sequence[tuple[float, float, float]],
    seconds: float,
    rate: float,
    partials: Sequence[float] = SAW,
) -> Mono:
    """Notes, each as (start, seconds, pitch)."""
    sounds = [(start, tone(pitch, length, rate, partials)) for start, length, pitch in notes]
    return together(sounds, seconds, rate)


def stroke(rate: float, band: tuple[float, float], seconds: float = 0.25, seed: int = 0) -> Mono:
    """Noise of a band that begins at once and fades, its peak at 0.5."""
    noise = np.random.default_rng(seed).normal(0, 1, round(seconds * rate))
    sound = sosfilt(butter(2, band, "band", fs=rate, output="sos"), noise)
    sound *= np.exp(-20 * np.arange(sound.size) / rate)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def strokes_of(
    at: Sequence[tuple[float, tuple[float, float]]], seconds: float, rate: float
) -> Mono:
    """Strokes, each as (start, band)."""
    sounds = [(start, stroke(rate, band, seed=n)) for n, (start, band) in enumerate(at)]
    return together(sounds, seconds, rate)


def together(sounds: Sequence[tuple[float, Mono]], seconds: float, rate: float) -> Mono:
    """The sum of sounds at their times."""
    out = np.zeros(round(seconds * rate), np.float32)
    for start, sound in sounds:
        first = round(start * rate)
        part = sound[: max(out.size - first, 0)]
        out[first : first + part.size] += part
    return out


def keys_and_onsets(audio: Mono, rate: float) -> tuple[list[int], list[float]]:
    """What is played, in order."""
    found = transcribe(audio, rate)
    return [round(it.pitch) for it in found], [it.start for it in found]


def partials_of(
    audio: Mono, rate: float, notes: Sequence[tuple[float, float, float]], count: int = 6
) -> NDArray[np.float64]:
    """Levels of the first partials relative to their sum, in dB: the mean over the notes."""
    found = []
    for start, length, pitch in notes:
        part = audio[round((start + 0.03) * rate) : round((start + length - 0.03) * rate)]
        power = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 17)) ** 2
        width = 3 * rate / part.size
        at = np.fft.rfftfreq(1 << 17, 1 / rate)
        own = [power[np.abs(at - k * hz(pitch)) < width].sum() + 1e-12 for k in range(1, count + 1)]
        found.append(10 * np.log10(np.array(own) / sum(own)))
    mean: NDArray[np.float64] = np.maximum(np.mean(found, axis=0), -40)
    return mean


def spectral_distance(a: Mono, b: Mono) -> float:
    """Mean difference of the short-time spectra in dB, over 60 dB and where either sounds."""
    spectra = []
    for audio in (a, b):
        frames = np.lib.stride_tricks.sliding_window_view(audio, 2048)[::512]
        spectra.append(np.abs(np.fft.rfft(frames * np.hanning(2048))))
    top = max(float(it.max()) for it in spectra)
    x, y = (20 * np.log10(np.maximum(it / top, 1e-3)) for it in spectra)
    sounds = np.maximum(x, y) > -60
    return float(np.abs(x - y)[sounds].mean())


def begins_near(audio: Mono, rate: float, at: float) -> float:
    """When the sound around a moment first reaches a quarter of its highest, in seconds."""
    first, step = max(round((at - 0.1) * rate), 0), max(round(0.001 * rate), 1)
    part = np.abs(audio[first : round((at + 0.1) * rate)])
    highest = np.maximum.reduceat(part, np.arange(0, part.size, step))
    return (first + int(np.argmax(highest > 0.25 * highest.max())) * step) / rate


def centre(audio: Mono, rate: float, at: float, seconds: float = 0.1) -> float:
    """The centre of gravity of the spectrum after a moment, in Hz."""
    part = audio[round(at * rate) : round((at + seconds) * rate)]
    power = np.abs(np.fft.rfft(part * np.hanning(part.size))) ** 2
    return float((np.fft.rfftfreq(part.size, 1 / rate) * power).sum() / max(power.sum(), 1e-30))
